"""What diagrams may do about the themes of feedback, by the name their service tasks carry (FBK-5)."""

from loopdesk.desk.steps import Result, Step, operation
from loopdesk.desk.themes import decide


@operation("themes.find")
def _find(step: Step) -> Result:
    """Find the themes that feedback of the month before repeats: complaints and suggestions.

    Gives: themes (list of {id, kind, name, month, count, before, shown}; shown names cases).
    """
    return {"themes": decide.find(step.actor, step.tx)}


@operation("themes.decide")
def _decide(step: Step, *, theme: str, decision: str, text: str = "", owner: str = "", note: str = "") -> Result:
    """Keep what is done about a theme: action (text, owner), watch or nothing (note says why)."""
    said = {"text": text or "", "owner": owner or "", "note": note or ""}
    decide.decide(step.actor, step.tx, theme, decision=decision or "", **said)
    return None
