"""What is wrong with plans of drills (EMG-10)."""

from collections.abc import Collection, Iterator, Mapping

from loopdesk.desk import policy
from loopdesk.desk.drills.plans import BUNDLE, KINDS, Drill, read
from loopdesk.desk.emergency import SCOPES, SEVERITIES
from loopdesk.desk.runbooks.plans import FILE, LANGUAGES, Text
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files

KEYS = frozenset({"name", "about", "covers", "minutes", "alert", "runbook", "tasks", "steps", "surprises"})
ALERT = frozenset({"interface", "kind", "cause", "scope", "severity", "text"})
LIVE = frozenset({"database", "database_url", "connectors", "registry", "smtp_url", "webhook_hosts", "url", "live"})
"""What somebody may try who wants a drill to touch a running house."""
LONGEST = 24 * 60


def check(name: str, files: Files, kinds: Collection[str] = ()) -> list[Finding]:
    """Findings on the folder of drills; ``kinds`` are those of emergencies (those that we ship where unknown)."""
    if name != BUNDLE:
        return []
    kinds = kinds or list(policy.shipped("emergency")["kinds"])
    found: list[Finding] = []
    for match in (match for path in sorted(files) if (match := FILE.fullmatch(path))):
        try:
            drill = read(match[1], files[match[0]])
        except Invalid as error:
            params = dict(error.params)
            found.append(Finding(match[0], "", "", "drill.file", "error", error.message, error.remedy, params))
            continue
        found += of_drill(drill, kinds)
    return found


def require(key: str, content: bytes) -> Drill:
    """A plan that was never deployed; raises `Invalid` where something is wrong, with the first finding."""
    found = check(BUNDLE, {f"{key}.yaml": content})
    if found:
        first = found[0]
        wrong = Invalid(first.message.replace("%(place)s", first.element), remedy=first.remedy, place=first.file)
        wrong.params = {name: value for name, value in first.params.items() if name != "place"}
        raise wrong
    return read(key, content)


def of_drill(drill: Drill, kinds: Collection[str]) -> list[Finding]:
    """Findings on one plan."""
    return [*_keys(drill), *_plan(drill), *_alert(drill, kinds), *_tasks(drill), *_steps(drill), *_surprises(drill)]


def _keys(drill: Drill) -> Iterator[Finding]:
    for key in drill.keys:
        if key in LIVE:
            message = N_("A drill runs in a sandbox of its own: it takes no “%(key)s”.")
            yield _finding(drill, key, "sandbox", message, N_("Remove it; nothing of a drill leaves."), key=key)
        elif key not in KEYS:
            message = N_("A plan of a drill has no “%(key)s”.")
            yield _finding(drill, key, "key", message, KNOWN, key=key, known=", ".join(sorted(KEYS)))


def _plan(drill: Drill) -> Iterator[Finding]:
    yield from _named(drill, "name", drill.name)
    yield from _named(drill, "about", drill.about)
    if not drill.covers or not set(drill.covers) <= set(KINDS):
        message = N_("The plan has to say which of system, service and security it covers.")
        yield _finding(drill, "covers", "covers", message, N_("Write it like covers: [system]."))
    if not 1 <= drill.minutes <= LONGEST:
        message = N_("A drill goes on for a whole number of minutes, from 1 to %(most)s.")
        yield _finding(drill, "minutes", "minutes", message, N_("Write it like minutes: 90."), most=LONGEST)
    if not drill.runbook:
        message = N_("The plan names no runbook.")
        yield _finding(drill, "runbook", "runbook", message, N_("Name a file of the folder runbooks, without .yaml."))


def _alert(drill: Drill, kinds: Collection[str]) -> Iterator[Finding]:
    for key in sorted(set(drill.alert) - ALERT):
        message = N_("The alert has no “%(key)s”.")
        yield _finding(drill, f"alert.{key}", "key", message, KNOWN, key=key, known=", ".join(sorted(ALERT)))
    said = drill.alert.get("text")
    yield from _named(drill, "alert.text", said if isinstance(said, Mapping) else {})
    for key, known in (("kind", kinds), ("scope", SCOPES), ("severity", SEVERITIES)):
        if drill.alert.get(key) not in known:
            message = N_("The alert needs one of these under “%(key)s”: %(known)s.")
            remedy = N_("Choose one of them.")
            yield _finding(drill, f"alert.{key}", "alert", message, remedy, key=key, known=", ".join(known))


def _tasks(drill: Drill) -> Iterator[Finding]:
    seen: set[str] = set()
    for number, task in enumerate(drill.tasks, 1):
        place = task.id or f"tasks {number}"
        if not task.id or task.id in seen:
            message = N_("Task %(place)s needs the id of an element of the process, each once.")
            yield _finding(drill, place, "task", message, N_("Take the id from the diagram."))
        seen.add(task.id)
        yield from _named(drill, place, task.name)
        yield from _figures(drill, place, task.limit, task.weight)


def _steps(drill: Drill) -> Iterator[Finding]:
    for place, change in drill.steps.items():
        limit = 1 if change.limit == 0 else change.limit or 0
        weight = 1 if change.weight == 0 else change.weight or 0
        yield from _figures(drill, place, limit, weight)


def _figures(drill: Drill, place: str, limit: int, weight: float) -> Iterator[Finding]:
    if not 1 <= limit <= max(drill.minutes, 1):
        message = N_("%(place)s needs a limit in whole minutes, from 1 to the end of the drill.")
        yield _finding(drill, place, "limit", message, N_("Write it like limit: 15."))
    if weight <= 0:
        message = N_("%(place)s needs a weight above zero.")
        yield _finding(drill, place, "weight", message, N_("Write it like weight: 2, or leave it out."))


def _surprises(drill: Drill) -> Iterator[Finding]:
    for number, one in enumerate(drill.surprises, 1):
        place = f"surprises {number}"
        yield from _named(drill, place, one.text)
        if not 0 <= one.at <= drill.minutes:
            message = N_("%(place)s comes at no minute of the drill.")
            yield _finding(drill, place, "surprise", message, N_("Write it like at: 20, before the drill ends."))


def _named(drill: Drill, place: str, text: Text) -> Iterator[Finding]:
    missing = [language for language in LANGUAGES if not text.get(language)]
    if missing:
        message = N_("“%(place)s” has no words in these languages: %(languages)s")
        remedy = N_("Write them like {en: …, zh: …}.")
        yield _finding(drill, place, "words", message, remedy, languages=", ".join(missing))


KNOWN = N_("Known are: %(known)s.")


def _finding(drill: Drill, place: str, rule: str, message: str, remedy: str, **params: object) -> Finding:
    shown = {"place": place, **params}
    return Finding(f"{drill.key}.yaml", place, "", f"drill.{rule}", "error", message, remedy, shown)
