"""Changes that belong to a case, with their documents and merge requests (FIX-3). `signing` has their signatures."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import policy, record
from loopdesk.desk.attachments import attachment
from loopdesk.desk.implementation import change_rows, representatives
from loopdesk.desk.implementation.change_rows import (
    KINDS,
    OVER,
    SIGNED_FOR,
    WEIGHED,
    WITHDRAWN,
    Change,
    Wish,
    change_,
    get,
    told,
    write,
)
from loopdesk.desk.rights import require, visible_to
from loopdesk.desk.sql import insert_new
from loopdesk.engine import messages, subscriptions
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Phrase
from loopdesk.engine.tx import Tx

REQUESTED, EDITED = "change.requested", "change.edited"
MERGED = "merged"
"""The reason of a change whose case was merged into another one."""
MOST_LINKS = 50
_MERGE_REQUEST = re.compile(r"https://[^\s/?#@]+(?:/[\w.~-]+)+/-/merge_requests/\d+/?")


def register(actor: Actor, tx: Tx, number: str, wish: Wish, *, external_id: str = "") -> Change:
    """A change of a case; its process weighs it and collects signatures. The same ``external_id`` again: the first.

    Raises `Invalid` with the field that is wrong, `Missing` for an unknown case, `Conflict` for a closed one and for
    an ``external_id`` that stands for a change of another case.
    """
    require(actor, "change.register")
    case = record.get(tx, number, visible=visible_to(actor), lock=True)
    if external_id and (known := _by_external(tx, external_id)):
        if known.case != number:
            raise Conflict("%(id)s is a change of another case.", id=external_id)
        return known
    if case.status == "closed":
        raise Conflict("Case %(number)s is closed.", remedy=N_("Open a new case that refers to it."), number=number)
    wanted = _checked(tx, number, wish)
    new = Change(
        id=new_id(),
        case=number,
        external_id=external_id.strip() or None,
        **{name: getattr(wanted, name) for name in SIGNED_FOR if name != "case"},
        representative_id=_representative(tx, number, wish),
        size="",
        size_reason="",
        state=WEIGHED,
        asked_at=None,
        expires_at=None,
        answered_at=None,
        reminded_at=None,
        proposed_at=tx.now,
        proposed_id=actor.id,
        proposed_by=actor.name[:200],
        decided_at=None,
        reason="",
    )
    if not insert_new(tx, change_, asdict(new), unique=["external_id"]):
        raise Conflict("%(id)s is a change of another case.", id=external_id)
    told(actor, tx, "change.requested", new)
    messages.throw(actor, tx, REQUESTED, key=number, payload={"change": new.id})
    return new


def edit(actor: Actor, tx: Tx, change_id: str, wish: Wish) -> Change:
    """Change the change: what was signed no longer counts, it is weighed and signed anew.

    Raises what `register` raises, and `Conflict` once it is decided.
    """
    found = open_to(actor, tx, change_id)
    wanted = _checked(tx, found.case, wish)
    values = {name: getattr(wanted, name) for name in SIGNED_FOR if name != "case"}
    values |= {"representative_id": _representative(tx, found.case, wish)}
    same = all(getattr(found, name) == value for name, value in values.items())
    if same:
        return found
    # Whoever had the link keeps it, for their page tells them that the change is another one; another signer does not.
    link = {} if values["representative_id"] == found.representative_id else {"token": None}
    write(tx, change_id, **values, **_FRESH, **link)
    now = get(tx, change_id)
    told(actor, tx, "change.edited", now)
    _wake(actor, tx, now)
    return now


def link(actor: Actor, tx: Tx, change_id: str, address: str) -> Change:
    """Add a merge request; the same one again changes nothing, another one has to be signed for anew."""
    found = open_to(actor, tx, change_id)
    return edit(actor, tx, change_id, replace(wish_of(found), links=[*found.links, address]))


def withdraw(actor: Actor, tx: Tx, change_id: str, *, reason: str) -> Change:
    """The change is not wanted any more. Raises `Invalid` without a reason, `Conflict` once it is decided."""
    open_to(actor, tx, change_id)
    if not reason.strip():
        raise Invalid("Please check this change.", fields={"reason": [Phrase("Say why it is withdrawn.")]})
    write(tx, change_id, state=WITHDRAWN, decided_at=tx.now, reason=reason.strip())
    now = get(tx, change_id)
    told(actor, tx, "change.withdrawn", now)
    _wake(actor, tx, now)
    return now


def wish_of(found: Change) -> Wish:
    """What a change asks for, as somebody may change it."""
    names = [name for name in SIGNED_FOR if name != "case"]
    return Wish(**{name: getattr(found, name) for name in names}, representative=found.representative_id)


def open_to(actor: Actor, tx: Tx, change_id: str) -> Change:
    """The undecided change that ``actor`` may change; raises `Missing`, `Refused`, `Conflict`."""
    require(actor, "change.register")
    found = get(tx, change_id, lock=True)
    record.get(tx, found.case, visible=visible_to(actor))
    if found.state in OVER:
        raise Conflict(
            "This change is decided, so it is not changed any more.",
            remedy=N_("Register another change for what is different."),
        )
    return found


_FRESH: Mapping[str, Any] = {
    "size": "",
    "size_reason": "",
    "state": WEIGHED,
    "asked_at": None,
    "expires_at": None,
    "answered_at": None,
    "reminded_at": None,
}
"""What a changed change begins with again."""


def _wake(actor: Actor, tx: Tx, found: Change) -> None:
    """The process of this change weighs it anew; before it waits, it will read the change as it is."""
    if subscriptions.waiting(tx, EDITED, found.id):
        messages.throw(actor, tx, EDITED, key=found.id, case=found.case, payload={"change": found.id})


def _checked(tx: Tx, number: str, wish: Wish) -> Wish:
    title, text, links = wish.title.strip(), wish.text.strip(), _unique(wish.links)
    known = set(tx.conn.scalars(sa.select(attachment.c.id).where(attachment.c.case == number)))
    problems: dict[str, Sequence[str]] = {
        "title": [] if 0 < len(title) <= 300 else [Phrase("Say in at most 300 characters what is changed.")],
        "text": [] if text else [Phrase("Say what is changed and how.")],
        "kind": [] if wish.kind in KINDS else [Phrase("Choose one of %(known)s.", known=", ".join(KINDS))],
        "downtime_minutes": [] if 0 <= wish.downtime_minutes < 100_000 else [Phrase("Minutes, 0 or more.")],
        "links": _links(tx, links),
        "documents": [Phrase("This is no file of this case.") for one in wish.documents if one not in known][:1],
    }
    wrong = {name: list(said) for name, said in problems.items() if said}
    if wrong:
        raise Invalid("Please check this change.", fields=wrong)
    documents = _unique(wish.documents)
    return replace(wish, title=title, text=text, rollback=wish.rollback.strip(), links=links, documents=documents)


def _links(tx: Tx, links: Sequence[str]) -> Sequence[str]:
    """Addresses of merge requests as GitLab has them, of the hosts that the policy knows; whether one exists, and how
    it stands, a connector to GitLab reads, not this."""
    hosts = [str(one) for one in policy.said(tx, "implementation", "merge_requests") or ()]
    found = []
    for one in links:
        if not _MERGE_REQUEST.fullmatch(one):
            found.append(Phrase("%(link)s is no address of a merge request: https://…/-/merge_requests/12", link=one))
        elif hosts and not one.startswith(tuple(f"{host.rstrip('/')}/" for host in hosts)):
            found.append(Phrase("%(link)s lies on no GitLab of this house.", link=one))
    return found if len(links) <= MOST_LINKS else [Phrase("At most %(most)s links.", most=MOST_LINKS)]


def _unique(given: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(one.strip().rstrip("/") for one in given if one.strip()))


def _representative(tx: Tx, number: str, wish: Wish) -> str:
    """Who signs for the customer, as far as anybody is known; a major change without one is asked for then."""
    case = record.get(tx, number)
    if wish.representative:
        return representatives.named(tx, case, wish.representative).id
    marked = representatives.of_case(tx, case)
    return marked.id if marked else ""


def _by_external(tx: Tx, external_id: str) -> Change | None:
    return next(iter(change_rows.select(tx, change_.c.external_id == external_id.strip())), None)
