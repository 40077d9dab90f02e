"""How the portal shows a report form and a case's way: in steps that a person takes one at a time."""

import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

from flask_babel import gettext

from loopdesk.desk.record import Case
from loopdesk.forms.form import Form

WHO = frozenset({"customer_number", "email", "name", "phone"})
"""Questions about the reporter; whoever has signed in is not asked them."""
MOST_FIRST = 4
"""Questions of the first step; the details follow on the second."""
REACHED = {"new": 0, "open": 1, "waiting": 1, "solved": 2, "closed": 3}


class Stage(NamedTuple):
    """One stage of a case as its customer sees it; ``at`` is when it was reached."""

    text: str
    done: bool
    here: bool
    at: Any


def nonce() -> str:
    """Makes one form one report, however often it is sent."""
    return secrets.token_urlsafe(16)


def in_steps(schema: Mapping[str, Any], *, known: bool) -> tuple[list[str], dict[str, Any]]:
    """The names of the steps, and the form with a group for each.

    Groups that the process owner has drawn at the top are the steps; otherwise what happens, details, who.
    """
    components = [one for one in schema.get("components", []) if not (known and one.get("key") in WHO)]
    if components and all(one.get("type") == "group" for one in components):
        return [str(one.get("label") or "") for one in components], {**schema, "components": components}
    about = [one for one in components if one.get("key") not in WHO]
    needed = [
        one for one in about if (one.get("validate") or {}).get("required") or one.get("key") in ("scope", "urgency")
    ]
    first = (needed or about)[:MOST_FIRST]
    parts = [
        (gettext("What happens"), first),
        (gettext("Details that help"), [one for one in about if one not in first]),
        (gettext("You"), [one for one in components if one.get("key") in WHO]),
    ]
    kept = [(name, inside) for name, inside in parts if inside]
    groups = [_group(index, inside) for index, (_, inside) in enumerate(kept)]
    return [name for name, _ in kept], {**schema, "components": groups}


def asked(form: Form, *, known: bool) -> Form:
    """The questions that are asked of this reader; nobody signed in is asked who they are."""
    return Form(form.id, tuple(field for field in form.fields if field.key not in WHO)) if known else form


def stages(case: Case) -> list[Stage]:
    """The four stages of a case with the times that are known (COM-8)."""
    words = (gettext("Received"), gettext("In progress"), gettext("Solved"), gettext("Closed"))
    times = (case.opened_at, None, case.solved_at, case.closed_at)
    reached = REACHED.get(case.status, 0)
    return [
        Stage(word, index <= reached, index == reached, at if index <= reached else None)
        for index, (word, at) in enumerate(zip(words, times, strict=True))
    ]


def _group(index: int, inside: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "group", "id": f"Step_{index}", "label": "", "showOutline": False, "components": inside}
