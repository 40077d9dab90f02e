"""What `loopdesk check` and a deployment say of ``sla.yaml``: errors, and what looks odd and is kept (SLA-1)."""

from collections.abc import Iterator

from loopdesk.desk import calendars, policy
from loopdesk.desk.sla.book import FILE, Book, Level
from loopdesk.desk.sla.policy import CLOCKS
from loopdesk.desk.sla.rules import mapping
from loopdesk.engine import dmn
from loopdesk.engine.calendar import Calendars
from loopdesk.engine.dmn.model import Table
from loopdesk.engine.errors import N_, Invalid, LoopdeskError, Missing
from loopdesk.engine.findings import Finding, severity_of
from loopdesk.engine.host import Files

LANGUAGES = ("en", "zh")
CHOICE = "choice.dmn"
DECISIONS = ("policy", "holding")
FIRST = "first_response"
AFTER_RESPONSE = ("diagnosis", "workaround", "plan", "answer", "resolution")


def check(files: Files) -> list[Finding]:
    """Findings on the policies of a folder, whose calendars stand beside them."""
    if FILE not in files:
        return []
    try:
        known = calendars.read(files.get(calendars.FILE, b"{}"))
    except Invalid:
        known = Calendars({})  # its own finding says why
    try:
        book = Book(policy.parse(files[FILE], FILE), known)
    except Invalid as error:
        return [calendars.finding(error, FILE, "sla.policy")]
    found = [found for name in book.names for found in _policy(book, name)]
    return [*_rules(book), *_chosen(book, files.get(CHOICE, b"")), *found]


def _rules(book: Book) -> Iterator[Finding]:
    """Clocks of the file's own have names; the time that customers are told comes from a clock that there is."""
    for name, kind in book.rules.clocks.items():
        if name not in CLOCKS or kind.name:
            yield from _named(f"clocks.{name}", kind.name)
    for name in book.rules.told:
        if name not in book.rules.clocks:
            message = N_("The time is told by clock “%(clock)s”, which there is not.")
            remedy = N_("Choose one of: %(known)s")
            yield _finding("told", "sla.told", message, remedy, clock=name, known=", ".join(book.rules.clocks))


def _chosen(book: Book, table: bytes) -> Iterator[Finding]:
    """The table that chooses policies names none that there is not."""
    try:
        decisions = dmn.read(table, file=CHOICE).definitions.decisions if table else {}
    except LoopdeskError:
        decisions = {}  # its own finding says why
    for decision in decisions.values():
        rules = decision.logic.rules if isinstance(decision.logic, Table) and decision.id in DECISIONS else ()
        for policy_name in dict.fromkeys(rule.outputs[0].strip('" ') for rule in rules):
            if policy_name not in book.names:
                message = N_("The table chooses policy “%(policy)s”, which sla.yaml does not have.")
                remedy = N_("Correct the name in choice.dmn, or add the policy.")
                yield _finding("policies", "sla.choice", message, remedy, policy=policy_name)


def _policy(book: Book, name: str) -> Iterator[Finding]:
    try:
        said, values = book.said(name), book.values(name)
    except (Invalid, Missing) as error:
        yield calendars.finding(error, FILE, "sla.policy")
        return
    place = f"policies.{name}"
    if not said.get("picked_by") or not values:
        message = N_("Policy %(policy)s does not say which fact picks which level.")
        yield _finding(place, "sla.levels", message, N_("Write picked_by and levels."), policy=name)
    yield from _named(place, said.get("name"))
    levels: dict[str, Level] = {}
    for value in values:
        try:
            levels[value] = level = book.level(name, value)
        except LoopdeskError as error:
            # What is wrong inside a calendar is said once, by the check of the calendars.
            if not error.place.startswith(f"{calendars.FILE}: "):
                rule = "sla.calendar" if isinstance(error, Missing) else "sla.target"
                yield calendars.finding(error, FILE, rule)
            continue
        yield from _named(f"{place}.levels.{value}", level.name)
        yield from _level(f"{place}.levels.{value}", level)
    yield from _inverted(place, levels)


def _named(place: str, name: object) -> Iterator[Finding]:
    try:
        known = mapping(name or {}, place)
    except Invalid:
        known = {}
    missing = [language for language in LANGUAGES if not known.get(language)]
    if missing:
        message = N_("The name is missing in: %(languages)s.")
        yield _finding(place, "sla.name", message, N_("Write it in both languages."), languages=", ".join(missing))


def _level(place: str, level: Level) -> Iterator[Finding]:
    """What an owner should look at in one level; nothing here forbids a deployment."""
    if level.needs:
        message = N_("The handbook gives no target for: %(clocks)s. Set one before the policy is published.")
        remedy = N_("Write the targets and remove them from needs.")
        yield _finding(place, "style.sla-needs", message, remedy, clocks=", ".join(level.needs))
    first = level.targets.get(FIRST)
    for clock in AFTER_RESPONSE:
        later = level.targets.get(clock)
        if first is not None and later is not None and later.length < first.length:
            message = N_("%(clock)s is due after %(length)s, before the first response after %(first)s.")
            params = {"clock": clock, "length": later.text, "first": first.text}
            yield _finding(place, "style.sla-order", message, N_("Compare it with the handbook."), **params)


def _inverted(place: str, levels: dict[str, Level]) -> Iterator[Finding]:
    """A level that says it is ``above`` another one has no target that is longer."""
    for level in levels.values():
        other = levels.get(str(level.said.get("above", "")))
        for clock, target in level.targets.items() if other else ():
            plain = other.targets.get(clock) if other else None
            if plain is not None and target.length > plain.length:
                message = N_("%(clock)s of %(level)s takes longer (%(length)s) than of %(other)s (%(plain)s).")
                names = {"clock": clock, "level": level.value, "other": str(level.said["above"])}
                params = names | {"length": target.text, "plain": plain.text}
                where = f"{place}.levels.{level.value}"
                yield _finding(where, "style.sla-order", message, N_("Compare it with the handbook."), **params)


def _finding(place: str, rule: str, message: str, remedy: str, **params: object) -> Finding:
    return Finding(FILE, place, "", rule, severity_of(rule), message, remedy, params)
