"""Messages that belong to no one case: reminders, minutes, warnings, each from a template (COM-3)."""

from collections.abc import Iterable, Mapping
from typing import Any

from loopdesk.desk import departments, templates
from loopdesk.desk.customers import Contact
from loopdesk.desk.people import LANGUAGES, Person
from loopdesk.engine import outbox
from loopdesk.engine.outbox import Wanted
from loopdesk.engine.tx import Tx

LETTER = "letter"
"""The outbox kind of a message that belongs to no case."""


def tell(
    tx: Tx, template: str, to: Iterable[Person | Contact], params: Mapping[str, Any], *, base_url: str, once: str
) -> list[str]:
    """Send ``template`` to each of ``to`` in their language and zone; return the ids of those who are written to.

    Everybody gets it once for ``once``, which names the occasion for ever; who has no address is left out. Templates
    may use ``receiver``, ``language`` (en or zh), ``departments`` (code -> name), ``base_url`` and the names in
    ``params``. Raises what `templates.render` raises.
    """
    people = {one.id: one for one in to if one.email}
    outbox.put_many(tx, [_letter(tx, template, one, params, base_url, once) for one in people.values()])
    return list(people)


def _letter(tx: Tx, template: str, to: Person | Contact, params: Mapping[str, Any], base_url: str, once: str) -> Wanted:
    scope = {
        **params,
        "receiver": {"name": to.name},
        "language": language if (language := templates.base_language(to.language)) in LANGUAGES else LANGUAGES[0],
        "departments": departments.names(tx, templates.base_language(to.language)),
        "base_url": base_url,
    }
    message = templates.render(tx, template, language=to.language, zone=to.zone, scope=scope)
    payload = {"to": to.email, "to_name": to.name, "language": to.language}
    words = {"subject": message.subject, "body": message.body, "template": template}
    return Wanted(LETTER, payload | words, f"{LETTER}:{once}:{to.id}"[:200])
