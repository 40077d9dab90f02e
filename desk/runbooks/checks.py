"""What is wrong with runbooks: in an emergency nobody has the time to find out (EMG-9)."""

from collections.abc import Collection, Iterator

from loopdesk.desk import policy
from loopdesk.desk.emergency import ROLES
from loopdesk.desk.runbooks.plans import BUNDLE, FILE, LANGUAGES, Plan, Step, Text, read
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files

AUDIENCES = ("internal", "external")
SIDE = N_("Write department/role as in the policy departments.yaml.")


def check(name: str, files: Files, departments: Collection[str], kinds: Collection[str] = ()) -> list[Finding]:
    """Findings on the folder of runbooks: ``departments`` are the codes of the house, ``kinds`` those of emergencies
    (those that we ship where nobody knows them)."""
    if name != BUNDLE:
        return []
    kinds = kinds or list(policy.shipped("emergency")["kinds"])
    found: list[Finding] = []
    plans = []
    for match in (match for path in sorted(files) if (match := FILE.fullmatch(path))):
        try:
            plans.append(read(match[1], files[match[0]]))
        except Invalid as error:
            params = dict(error.params)
            found.append(Finding(match[0], "", "", "runbook.file", "error", error.message, error.remedy, params))
    broken = bool(found)  # what kinds they are for nobody knows
    for plan in plans:
        found += [*_plan(plan, departments, kinds), *_steps(plan), *_contacts(plan, departments), *_words(plan)]
    return [*found, *([] if broken else _kinds(plans, kinds))]


def _plan(plan: Plan, departments: Collection[str], kinds: Collection[str]) -> Iterator[Finding]:
    yield from named(plan.key, "name", plan.name)
    known = ", ".join(kinds)
    remedy = N_("Choose among: %(known)s.")
    if not plan.kinds:
        message = N_("The runbook names no kind of emergency.")
        yield finding(plan.key, "kinds", "kinds", message, remedy, known=known)
    for kind in plan.kinds:
        if kind not in kinds:
            message = N_("There is no kind of emergency %(kind)s.")
            yield finding(plan.key, "kinds", "kinds", message, remedy, kind=kind, known=known)
    if plan.owner.partition("/")[0] not in departments:
        message = N_("The owner “%(owner)s” is no department of the house.")
        yield finding(plan.key, "owner", "owner", message, SIDE, owner=plan.owner or "-")
    if not plan.resources:
        message = N_("The runbook lists no resources.")
        yield finding(plan.key, "resources", "resources", message, N_("Say what has to be at hand."))
    for number, text in enumerate(plan.resources, 1):
        yield from named(plan.key, f"resources {number}", text)


def _steps(plan: Plan) -> Iterator[Finding]:
    if not plan.steps:
        message = N_("The runbook has no steps.")
        yield finding(plan.key, "steps", "steps", message, N_("Write what is done first, and what after it."))
    seen: set[str] = set()
    for number, step in enumerate(plan.steps, 1):
        place = step.id or f"steps {number}"
        if not step.id or step.id in seen:
            message = N_("Step %(place)s needs an id of its own.")
            yield finding(plan.key, place, "id", message, N_("Give each step another id; ticks refer to it."))
        seen.add(step.id)
        yield from named(plan.key, place, step.text)
        yield from figures(plan.key, place, step)
        if step.role not in ROLES:
            message = N_("Step %(place)s: there is no role “%(role)s”.")
            remedy = N_("Choose among: %(known)s.")
            yield finding(plan.key, place, "role", message, remedy, role=step.role or "-", known=", ".join(ROLES))


def figures(key: str, place: str, step: Step) -> Iterator[Finding]:
    """Limit and weight of a step have to be above zero: a score divides by them."""
    if step.limit < 1:
        message = N_("%(place)s needs a limit in whole minutes, at least 1.")
        yield finding(key, place, "limit", message, N_("Write it like limit: 15."))
    if step.weight <= 0:
        message = N_("%(place)s needs a weight above zero.")
        yield finding(key, place, "weight", message, N_("Write it like weight: 2, or leave it out for 1."))


def _contacts(plan: Plan, departments: Collection[str]) -> Iterator[Finding]:
    if not plan.contacts:
        message = N_("The runbook names nobody to reach.")
        yield finding(plan.key, "contacts", "contacts", message, N_("Name at least one department and what for."))
    for number, one in enumerate(plan.contacts, 1):
        place = f"contacts {number}"
        yield from named(plan.key, place, one.purpose)
        if bool(one.who) == bool(one.name):
            message = N_("%(place)s needs either “who” (a department) or “name” (somebody outside).")
            yield finding(plan.key, place, "contacts", message, SIDE)
        elif one.who and one.who.partition("/")[0] not in departments:
            message = N_("%(place)s: “%(who)s” is no department of the house.")
            yield finding(plan.key, place, "contacts", message, SIDE, who=one.who)
        elif one.name and not one.reach:
            message = N_("%(place)s says nothing about how to reach them.")
            yield finding(plan.key, place, "contacts", message, N_("Write a number or an address under reach."))


def _words(plan: Plan) -> Iterator[Finding]:
    if not plan.communication:
        message = N_("The runbook says nothing about who is told what.")
        remedy = N_("Write at least what customers are told (to: external) and what colleagues (to: internal).")
        yield finding(plan.key, "communication", "communication", message, remedy)
    for number, one in enumerate(plan.communication, 1):
        place = f"communication {number}"
        yield from named(plan.key, place, one.text)
        if one.audience not in AUDIENCES:
            message = N_("%(place)s goes to “%(to)s”, which is neither internal nor external.")
            yield finding(plan.key, place, "communication", message, N_("Write to: internal or to: external."))


def _kinds(plans: Collection[Plan], kinds: Collection[str]) -> Iterator[Finding]:
    """Each kind of emergency has one general runbook: whatever its cause, there is a plan, and never two."""
    for kind in kinds:
        general = sorted(plan.key for plan in plans if kind in plan.kinds and not plan.causes)
        if not general:
            message = N_("Emergencies of the kind %(kind)s have no general runbook.")
            remedy = N_("Write one for it without causes.")
            yield finding(BUNDLE, "kinds", "general", message, remedy, kind=kind, file="")
        for key in general[1:]:
            message = N_("Emergencies of the kind %(kind)s have two general runbooks: %(first)s and %(second)s.")
            remedy = N_("Name in one of them the causes that it is for.")
            yield finding(key, "causes", "general", message, remedy, kind=kind, first=general[0], second=key)


def named(key: str, place: str, text: Text) -> Iterator[Finding]:
    """What lacks words in one of the languages."""
    missing = [language for language in LANGUAGES if not text.get(language)]
    if missing:
        message = N_("“%(place)s” has no words in these languages: %(languages)s")
        yield finding(key, place, "words", message, N_("Write them like {en: …, zh: …}."), languages=", ".join(missing))


def finding(key: str, place: str, rule: str, message: str, remedy: str, **params: object) -> Finding:
    """One error in the file ``<key>.yaml``."""
    file = str(params.pop("file", f"{key}.yaml"))
    return Finding(file, place, "", f"runbook.{rule}", "error", message, remedy, {"place": place, **params})
