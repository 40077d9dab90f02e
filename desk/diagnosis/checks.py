"""What is wrong with diagnosis trees: nobody may be led in a circle, into nothing, or past a step unseen (DIA-2)."""

from collections.abc import Collection, Iterator

from loopdesk.desk.diagnosis.trees import BUNDLE, FILE, LANGUAGES, Text, Tree, read
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files


def check(name: str, files: Files, types: Collection[str]) -> list[Finding]:
    """Findings on the folder of trees; ``types`` are the known classes of problems, none when nobody knows them."""
    if name != BUNDLE:
        return []
    paths = [match for path in sorted(files) if (match := FILE.fullmatch(path))]
    found: list[Finding] = []
    for match in paths:
        try:
            tree = read(match[1], files[match[0]])
        except Invalid as error:
            found.append(
                Finding(match[0], "", "", "diagnosis.file", "error", error.message, error.remedy, dict(error.params))
            )
            continue
        found += [*_tree(tree, types), *_ways(tree)]
    return found


def _tree(tree: Tree, types: Collection[str]) -> Iterator[Finding]:
    """Names, classes, and that there is anything at all."""
    yield from _named(tree, "name", tree.name)
    if not tree.types:
        message = N_("The tree names no class of problems.")
        yield _finding(tree, "types", "types", message, N_("Write it like types: [hardware]."))
    for one in tree.types:
        if types and one not in types:
            remedy = N_("Choose one of: %(known)s.")
            message = N_("There is no class of problems “%(type)s”.")
            yield _finding(tree, "types", "types", message, remedy, type=one, known=", ".join(types))
    for key, step in tree.steps.items():
        yield from _named(tree, key, step.ask)
        if not step.outcomes:
            message = N_("The step “%(name)s” has no outcomes.")
            yield _finding(tree, key, "outcomes", message, N_("Say what may be found there."), name=key)
        for code, outcome in step.outcomes.items():
            yield from _named(tree, f"{key}.{code}", outcome.name)
    for key, result in tree.results.items():
        yield from _named(tree, key, result)


def _named(tree: Tree, element: str, text: Text) -> Iterator[Finding]:
    missing = [language for language in LANGUAGES if not text.get(language)]
    if missing:
        message = N_("“%(name)s” has no words in these languages: %(languages)s")
        remedy = N_("Write them like {en: …, zh: …}.")
        yield _finding(tree, element, "name", message, remedy, name=element, languages=", ".join(missing))


def _ways(tree: Tree) -> Iterator[Finding]:
    """Where the ways lead: to steps and results that exist, to all of them, and never back."""
    if tree.start not in tree.steps:
        message = N_("The tree begins with “%(name)s”, which is no step of it.")
        yield _finding(tree, "start", "start", message, N_("Name the first step under start."), name=tree.start or "-")
        return
    yield from _ends(tree)
    reached = _reached(tree)
    for key in tree.steps.keys() - reached:
        message = N_("No way leads to the step “%(name)s”.")
        yield _finding(tree, key, "unreachable", message, N_("Lead an outcome to it, or remove it."), name=key)
    given = {one.result for key in reached for one in tree.steps[key].outcomes.values()}
    for key in tree.results.keys() - given:
        message = N_("No outcome leads to the result “%(name)s”.")
        yield _finding(tree, key, "unreachable", message, N_("Lead an outcome to it, or remove it."), name=key)
    circle = _circle(tree)
    if circle:
        message = N_("The steps lead in a circle: %(steps)s")
        remedy = N_("Let one of them lead to a result or to a step that was not asked before.")
        yield _finding(tree, circle[0], "circle", message, remedy, steps=" → ".join(circle))


def _ends(tree: Tree) -> Iterator[Finding]:
    remedy = N_("Give each outcome either the next step or a result that is written below.")
    for key, step in tree.steps.items():
        for code, one in step.outcomes.items():
            if bool(one.next) == bool(one.result):
                message = N_("The outcome “%(name)s” needs either a next step or a result.")
                yield _finding(tree, key, "way", message, remedy, name=f"{key}.{code}")
            elif one.result and one.result not in tree.results:
                message = N_("The outcome “%(name)s” leads to the result “%(to)s”, which does not exist.")
                yield _finding(tree, key, "way", message, remedy, name=f"{key}.{code}", to=one.result)
        for to in step.ways():
            if to not in tree.steps:
                message = N_("The step “%(name)s” leads to “%(to)s”, which is no step.")
                yield _finding(tree, key, "way", message, remedy, name=key, to=to)


def _reached(tree: Tree) -> set[str]:
    found, ahead = set[str](), [tree.start]
    while ahead:
        key = ahead.pop()
        if key in tree.steps and key not in found:
            found.add(key)
            ahead += tree.steps[key].ways()
    return found


def _circle(tree: Tree) -> tuple[str, ...]:
    """One circle as the steps in their order, its first one again at the end; empty without one."""
    left = {key: [to for to in step.ways() if to in tree.steps] for key, step in tree.steps.items()}
    while ends := [key for key, ways in left.items() if not any(to in left for to in ways)]:
        for key in ends:
            del left[key]
    walked: list[str] = []
    key = min(left, default="")
    while key and key not in walked:
        walked.append(key)
        key = next(to for to in left[key] if to in left)
    return (*walked[walked.index(key) :], key) if key else ()


def _finding(tree: Tree, element: str, rule: str, message: str, remedy: str, **params: object) -> Finding:
    return Finding(f"{tree.key}.yaml", element, "", f"diagnosis.{rule}", "error", message, remedy, params)
