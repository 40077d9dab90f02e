"""Each kind of event as one sentence with its icon and colour; kinds that are not here are steps of the machinery."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask_babel import gettext

from loopdesk.engine.errors import N_
from loopdesk.web import clock_words, vocabulary


class Sentence(NamedTuple):
    """``note`` names the part of the event's data that stands as a text of its own below the sentence."""

    icon: str
    text: str
    tone: str = ""
    note: str = ""


TOLD: Mapping[str, Sentence] = {
    "case.typed": Sentence("table", N_("Sorted and given to %(department)s")),
    "case.prioritised": Sentence("bars", N_("Priority %(priority)s"), note="reason"),
    "case.owner_named": Sentence("person", N_("%(name)s answers to the customer")),
    "case.due_set": Sentence("clock", N_("To be solved by %(due)s")),
    "clock.warned": Sentence("triangle", N_("%(percent)s %% of the time for this is used: %(clock_name)s"), "yellow"),
    "clock.breached": Sentence("octagon", N_("The time for this is over: %(clock_name)s"), "red"),
    "clock.reported": Sentence("check", N_("Reported by hand: %(reported)s")),
    "clock.moved": Sentence("clock", N_("Counts by policy %(policy)s, level %(level)s"), note="reason"),
    "case.unowned": Sentence(
        "triangle", N_("Nobody in department %(department)s can own this case: add people"), "yellow"
    ),
    "case.waiting": Sentence("pause", N_("Waiting for the customer; the clock stands still"), "yellow"),
    "case.resumed": Sentence("play", N_("Work goes on"), "accent"),
    "case.solved": Sentence("check", N_("Solved; the customer is asked next"), "green", "solution"),
    "case.reopened": Sentence("loop", N_("Opened again"), "yellow", "reason"),
    "case.reopening_asked": Sentence("loop", N_("The customer says that it is not over"), "yellow", "text"),
    "verification.works_after_all": Sentence("check", N_("The customer says that it works after all"), "", "text"),
    "case.continued": Sentence("arrow", N_("Goes on in case %(other)s")),
    "closure.checked": Sentence("check", N_("The team has checked the fix"), note="note"),
    "case.closed": Sentence("check", N_("Case closed"), "green", "reason"),
    "call.planned": Sentence("clock", N_("The customer is to be called")),
    "call.made": Sentence("check", N_("The customer was called")),
    "communication.followed": Sentence("note", N_("What came of a message was noted"), note="follow_up"),
    "communication.outdated": Sentence("info", N_("Held until now, and not sent: out of date – %(subject)s")),
    "communication.jargon": Sentence("info", N_("Sent with words that a customer may not know: %(words)s")),
    "case.escalated": Sentence("up", N_("Escalated from %(from)s to %(to)s: %(name)s takes over"), "yellow", "reason"),
    "case.escalation_held": Sentence(
        "pause", N_("Late again, but just escalated: stays with %(tier)s until %(until)s"), note="reason"
    ),
    "case.out_of_scope": Sentence(
        "triangle", N_("Outside the contract; somebody decides whether we do it"), "yellow", "reason"
    ),
    "case.in_scope": Sentence("check", N_("The contract covers it after all")),
    "case.similar_found": Sentence("eye", N_("Looks like another case")),
    "case.linked": Sentence("clip", N_("Linked with %(other)s"), note="note"),
    "case.unlinked": Sentence("cross", N_("No longer linked with %(other)s")),
    "case.merged": Sentence("flow", N_("Merged into %(other)s, where the work goes on"), note="note"),
    "case.absorbed": Sentence("flow", N_("%(other)s was merged into this case"), note="note"),
    "problem.begun": Sentence("flow", N_("Several customers report this: one parent problem"), "yellow"),
    "problem.joined": Sentence("flow", N_("One report of the problem %(problem)s")),
    "problem.left": Sentence("flow", N_("No longer a report of the problem %(problem)s")),
    "problem.solution_known": Sentence("check", N_("The problem %(problem)s is solved"), "green", "solution"),
    "impact.noted": Sentence("bars", N_("Figures of the impact noted"), note="note"),
    "negotiation.asked": Sentence("reply", N_("The customer asks for something else than the rule"), "yellow", "wish"),
    "negotiation.offered": Sentence("mail", N_("We offer something else than the rule"), note="terms"),
    "negotiation.agreed": Sentence("check", N_("Both sides have agreed"), "green", "terms"),
    "negotiation.declined": Sentence("cross", N_("No agreement: declined"), note="terms"),
    "negotiation.lapsed": Sentence("minus", N_("Our offer lapsed without an answer")),
    "case.impact_weighed": Sentence("bars", N_("Impact: %(impact)s, %(score)s points")),
    "diagnosis.begun": Sentence("search", N_("Diagnosis begins: %(name)s"), "accent", "reason"),
    "diagnosis.answered": Sentence("check", N_("%(ask)s – %(name)s"), note="note"),
    "diagnosis.skipped": Sentence("minus", N_("Step left out: %(ask)s"), "yellow", "reason"),
    "diagnosis.cause": Sentence("search", N_("Cause found"), "green", "text"),
    "diagnosis.draft": Sentence("pen", N_("Draft of the solution"), note="text"),
    "case.split": Sentence("flow", N_("Sub-case %(child)s for %(department)s: %(title)s"), "accent"),
    "case.part_of": Sentence("flow", N_("This is a part of %(parent)s: %(title)s"), "accent"),
    "case.part_solved": Sentence("check", N_("Sub-case %(child)s is solved: %(title)s"), "green", "solution"),
    "case.part_cancelled": Sentence("cross", N_("Sub-case %(child)s is cancelled: %(title)s"), "yellow", "reason"),
    "advice.asked": Sentence("person", N_("%(department)s is asked for advice: %(element)s")),
    "advice.given": Sentence("reply", N_("%(department)s advises: %(element)s"), "accent", "text"),
    "advice.late": Sentence("clock", N_("%(department)s has not advised in time: %(element)s"), "yellow"),
    "casefile.kept": Sentence("file", N_("The record of the case is on file")),
    "handoff.overdue": Sentence("octagon", N_("Nobody has answered the handoff for %(minutes)s minutes"), "red"),
    "handoff.circular": Sentence("loop", N_("The case goes in a circle: an arbitration decides who holds it"), "red"),
    "handoff.taken_back": Sentence("arrow", N_("Took the handoff back"), "yellow", "answer"),
    "handoff.disputed": Sentence("octagon", N_("Disputes the handoff"), "red", "statement"),
    "arbitration.opened": Sentence("table", N_("An arbitration decides who holds the case"), "yellow"),
    "arbitration.replied": Sentence("note", N_("States the other side of the dispute"), note="text"),
    "arbitration.overdue": Sentence("octagon", N_("The ruling is overdue since %(minutes)s minutes"), "red"),
    "arbitration.ruled": Sentence("pen", N_("Rules that %(department)s holds the case"), "accent", "reasoning"),
    "case.fix_failed": Sentence("loop", N_("The business side finds that the fix does not hold"), "yellow", "reason"),
    "emergency.declared": Sentence("bolt", N_("Emergency of grade %(grade)s, led by %(commander)s"), "red"),
    "emergency.updated": Sentence("bolt", N_("The customer is told how it stands"), "red", "text"),
    "emergency.reminded": Sentence("octagon", N_("The promised update is %(late)s minutes late"), "red"),
    "runbook.ticked": Sentence("check", N_("Done by the runbook: %(text)s"), "green"),
    "runbook.unticked": Sentence("loop", N_("Not done after all: %(text)s"), "yellow", "reason"),
    "runbook.chosen": Sentence("table", N_("Worked by the runbook: %(name)s")),
    "emergency.briefed": Sentence("bolt", N_("The team is told how it stands"), "accent", "text"),
    "emergency.noted": Sentence("note", N_("Written on the emergency's timeline"), note="text"),
    "emergency.joined": Sentence("flow", N_("Case %(case)s belongs to the emergency of case %(to)s"), "yellow"),
    "emergency.alerted": Sentence(
        "bolt", N_("Monitoring (%(source)s) reports %(interface)s: %(state)s"), "red", "text"
    ),
    "emergency.assigned": Sentence("person", N_("%(name)s takes a role in the emergency")),
    "emergency.left": Sentence("person", N_("%(name)s leaves the emergency"), "yellow"),
    "emergency.gap": Sentence("octagon", N_("Nobody is on duty for %(team)s"), "yellow", "instead"),
    "emergency.told": Sentence("mail", N_("%(count)s customers are told"), "accent", "names"),
    "emergency.asked": Sentence("note", N_("%(decider)s is asked to decide"), "yellow", "question"),
    "emergency.decided": Sentence("pen", N_("Decides: %(text)s"), "accent", "question"),
    "emergency.lapsed": Sentence("pen", N_("Over before it was decided: %(question)s"), "yellow"),
    "emergency.graded": Sentence("bolt", N_("Grade %(grade)s instead of %(before)s"), "red", "reason"),
    "emergency.escalated": Sentence("arrow", N_("The limit has passed: %(names)s is called"), "red"),
    "emergency.stable": Sentence("check", N_("The service is back and is being watched"), "green", "text"),
    "emergency.relapsed": Sentence("loop", N_("The service fails again"), "red", "text"),
    "emergency.recorded": Sentence("file", N_("The event record is written"), note="symptoms"),
    "emergency.room": Sentence("people", N_("The war room stands"), "green"),
    "emergency.ended": Sentence("check", N_("The emergency is over"), "green", "summary"),
    "acceptance.wanted": Sentence("note", N_("Asks for gates before the case is closed")),
    "verification.asked": Sentence("mail", N_("The customer is asked whether it works")),
    "verification.chased": Sentence("mail", N_("The customer is asked once more"), "yellow"),
    "survey.sent": Sentence("star", N_("The customer is asked how it was")),
    "survey.answered": Sentence("star", N_("The customer gives %(stars)s of 5 stars"), note="comment"),
    "survey.reminded": Sentence("mail", N_("The customer is reminded of the survey")),
    "survey.rests": Sentence("pause", N_("Open again: the customer is asked how it was once the case is closed")),
    "survey.not_reached": Sentence("reply", N_("The call-back reached nobody"), "yellow", "note"),
    "survey.reported": Sentence("file", N_("The customer gets the improvement report"), "accent", "report"),
    "survey.recovered": Sentence("check", N_("The call-back is over"), note="note"),
    "feedback.added": Sentence("star", N_("The customer says how we do"), note="text"),
    "feedback.corrected": Sentence("pen", N_("A person corrected what the feedback is")),
    "feedback.forwarded": Sentence("swap", N_("The feedback goes to %(department)s"), note="note"),
    "feedback.dropped": Sentence("minus", N_("The feedback needs no answer"), note="note"),
    "feedback.settled": Sentence("check", N_("The feedback is answered"), "green", "result"),
    "feedback.consented": Sentence("pen", N_("The customer says whether the praise may be shown")),
    "sentiment.corrected": Sentence("pen", N_("A person corrected the mood of a message")),
    "recovery.started": Sentence("triangle", N_("The mood is low: a service recovery begins"), "yellow"),
    "recovery.nobody": Sentence(
        "triangle", N_("The mood is low, and no process sees to it; deploy %(process)s"), "yellow"
    ),
    "recovery.ended": Sentence("check", N_("The service recovery is over")),
    "survey.called_back": Sentence("reply", N_("The customer was called back"), note="root_cause"),
    "incident.opened": Sentence("octagon", N_("The process is stopped: a step could not be done"), "red"),
    "incident.resolved": Sentence("loop", N_("The stopped step is tried again"), note="reason"),
    "instance.suspended": Sentence("pause", N_("%(process)s is put on hold"), "yellow", "reason"),
    "instance.resumed": Sentence("play", N_("%(process)s goes on"), "accent", "reason"),
    "instance.terminated": Sentence("cross", N_("%(process)s is ended by hand"), "red", "reason"),
    "instance.modified": Sentence("pen", N_("%(process)s is changed by hand"), "yellow", "reason"),
    "timer.moved": Sentence("clock", N_("Moved to %(after)s: %(element)s"), "yellow", "reason"),
    "timer.forced": Sentence("clock", N_("Fired by hand: %(element)s"), "yellow", "reason"),
    "instance.migrated": Sentence("flow", N_("Goes on with version %(to)s of %(process)s, before %(from)s")),
    "timer.fired": Sentence("clock", N_("Time is up: %(element)s"), "yellow"),
    "attachment.added": Sentence("clip", N_("File added: %(name)s")),
}
"""What a reader of the case wants to know."""

STEPS: Mapping[str, Sentence] = {
    "instance.started": Sentence("play", N_("%(process)s begins")),
    "instance.ended": Sentence("minus", N_("%(process)s ends")),
    "task.created": Sentence("circle", N_("To be done: %(element)s")),
    "task.claimed": Sentence("person", N_("took %(element)s")),
    "task.released": Sentence("person", N_("gave back %(element)s")),
    "task.given": Sentence("person", N_("Given to %(name)s: %(element)s")),
    "task.cancelled": Sentence("cross", N_("No longer needed: %(element)s")),
    "timer.set": Sentence("clock", N_("Time limit set: %(element)s")),
    "operation.done": Sentence("dot", N_("Done by the process: %(element)s")),
    "effect.wanted": Sentence("dot", N_("Asked of an outside system: %(element)s")),
    "effect.done": Sentence("dot", N_("Answered by an outside system: %(element)s")),
    "effect.failed": Sentence("triangle", N_("No answer yet, will be tried again: %(element)s"), "yellow"),
    "effect.dropped": Sentence("cross", N_("No longer needed: %(element)s")),
    "message.published": Sentence("arrow", N_("Message sent on: %(message)s")),
    "message.correlated": Sentence("arrow", N_("Message received: %(message)s")),
    "signal.thrown": Sentence("arrow", N_("Signal sent to all: %(signal)s")),
    "signal.heard": Sentence("arrow", N_("Signal received: %(signal)s")),
    "case.facts_found": Sentence("pen", N_("Facts noted")),
    "case.classified": Sentence("table", N_("The type was guessed from the words")),
    "case.type_corrected": Sentence("pen", N_("The guessed type was corrected")),
}
"""What the machinery does, shown on request."""

WISHES: Mapping[str, Sentence] = {
    "else": Sentence("loop", N_("The customer says that there is something else"), "yellow", "text"),
    "words": Sentence("reply", N_("The customer has written after the end of the case"), "yellow", "text"),
}
"""What a customer asked for after the solution, where it is not that it still fails."""

CONFIRMED = Sentence("check", N_("The customer confirms: it works"), "green", "comment")
NOTED = Sentence("check", N_("The customer told %(noted_by)s: it works"), "green", "comment")
NOT_CONFIRMED = Sentence("cross", N_("The customer says: it does not work yet"), "red", "comment")


MISSED = Sentence("clock", N_("Time is up: %(element)s (missed %(missed)s times)"), "yellow")
RESOLVED = {
    "changed": Sentence("pen", N_("The stopped step is tried again with other data"), "yellow", "reason"),
    "skipped": Sentence("arrow", N_("The stopped step is skipped"), "yellow", "reason"),
    "cancelled": Sentence("cross", N_("The stopped step is cancelled"), "yellow", "reason"),
}
"""How somebody dealt with an incident."""
CALLED = {
    "recovered": Sentence("check", N_("The call-back is over: the customer is content again"), "green", "note"),
    "still-low": Sentence("octagon", N_("The call-back is over: the customer is still not content"), "yellow", "note"),
    "silent": Sentence("minus", N_("The call-back is over: no second answer came"), note="note"),
    "not-reached": Sentence("minus", N_("The call-back is over: nobody was reached"), "yellow", "note"),
}
WON = {
    "recovered": Sentence("check", N_("The service recovery is over: the customer is won back"), "green", "note"),
    "unhappy": Sentence("octagon", N_("The service recovery is over: the customer is still unhappy"), "yellow", "note"),
    "not_reached": Sentence("minus", N_("The service recovery is over: nobody was reached"), "yellow", "note"),
    "not_needed": Sentence("minus", N_("The service recovery is over: no call was needed"), note="note"),
    "stopped": Sentence("minus", N_("The service recovery ended with its process")),
}
"""What came of the calls after few stars, and after a low mood."""
TOLD_BY: Mapping[str, tuple[str, Mapping[str, Sentence]]] = {
    "case.reopening_asked": ("wish", WISHES),
    "incident.resolved": ("resolution", RESOLVED),
    "recovery.ended": ("result", WON),
    "survey.recovered": ("outcome", CALLED),
}
"""Kinds of which one value of their data says what to tell."""
UNFOLLOWED = Sentence("up", N_("Escalated from %(from)s to %(to)s; nobody there could take over"), "red", "reason")
NOT_SENT = Sentence("octagon", N_("A message could not be delivered; it waits among the incidents"), "red")


REASONS: Mapping[str, str] = {
    "confirmed": N_("The customer has confirmed it."),
    "merged": N_("Its result is part of the whole case."),
    "cancelled": N_("The whole case does not need it any longer."),
    "no-answer": N_("By rule: the customer was asked twice and did not answer."),
}
"""What the closure process gives as its reason -> what a reader is told (FIX-4)."""


def note_of(sentence: Sentence, data: Mapping[str, Any]) -> str:
    """The text that stands below the sentence; empty where there is none."""
    value = data.get(sentence.note) or "" if sentence.note else ""
    if str(value) in vocabulary.OUT_OF_SCOPE:
        return vocabulary.out_of_scope(str(value))
    known = REASONS.get(str(value))
    return str(gettext(known)) if known else vocabulary.case_word(sentence.note, value)


def sentence_of(kind: str, data: Mapping[str, Any], *, technical: bool) -> Sentence | None:
    """What is said about an event; None for what is not shown here."""
    if kind == "incident.opened" and data.get("kind") == "send":
        return NOT_SENT
    if kind == "case.escalated" and not data.get("name"):
        return UNFOLLOWED
    if kind == "verification.answered":
        return (NOTED if data.get("noted_by") else CONFIRMED) if data.get("confirmed") else NOT_CONFIRMED
    name, told = TOLD_BY.get(kind, ("", {}))
    if data.get(name) in told:
        return told[data[name]]
    if kind == "timer.fired" and data.get("missed"):
        return MISSED
    return TOLD.get(kind) or (STEPS.get(kind) if technical else None)


def filled(sentence: Sentence, values: Mapping[str, Any]) -> str:
    """The sentence in the reader's language with the event's values in place; what is missing stays a dash."""
    return str(gettext(sentence.text)) % Lenient(_readable(values))


class Lenient(dict[str, Any]):
    """Values for a sentence; one that an old event lacks is a dash."""

    def __missing__(self, key: str) -> str:
        return "–"


def _readable(values: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(values)
    if "department" in shown:
        shown["department"] = vocabulary.department(str(shown["department"]))
    for name in {"from", "to", "tier"} & shown.keys():
        shown[name] = vocabulary.SUPPORT_TIERS.get(str(shown[name]), shown[name])
    if "reported" in shown:
        shown["reported"] = clock_words.reported(str(shown["reported"]))
    if "round" in shown:
        shown["clock_name"] = clock_words.clock(str(shown.get("name")))
    if "channel" in shown:
        shown["channel"] = vocabulary.channel(str(shown["channel"]))
    shown |= {name: _moment(shown[name]) for name in ("after", "until") if isinstance(shown.get(name), str)}
    if shown.get("due"):
        shown["due"] = vocabulary.moment(shown["due"])
    return shown


def _moment(text: str) -> str:
    try:
        return vocabulary.moment(text)
    except ValueError:
        return text
