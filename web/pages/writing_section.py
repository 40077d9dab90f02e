"""Help for whoever writes to a customer in a task: phrases, and words that the customer may not know (COM-3, COM-10).

A field that the customer reads says so in its form: ``"properties": {"reader": "customer"}``.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from loopdesk.desk import case, templates
from loopdesk.desk import wording as words
from loopdesk.desk.record import Case
from loopdesk.engine import work
from loopdesk.engine.errors import N_, Invalid, Phrase
from loopdesk.engine.tx import Tx
from loopdesk.web import contact_words, vocabulary
from loopdesk.web.context import actor

READER, CUSTOMER = "reader", "customer"


class Jargon(Invalid):
    """Words that the customer may not know; the page shows them where they are flagged while somebody types."""

    code = "jargon"


def section(tx: Tx, found: Case | None, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The phrases of a task's page, in the customer's language, which it names; nothing for a form that no customer
    reads."""
    if found is None or not list(_read(schema.get("components"))):
        return {"phrases": {}, "reads": ""}
    spoken = templates.base_language(found.language)
    return {
        "phrases": words.phrases(tx, found.language),
        "phrase_parts": contact_words.PARTS,
        "reads": contact_words.READS.get(spoken, found.language) if found.contact_id or found.organisation_id else "",
    }


def check(tx: Tx, chosen: Mapping[str, Any], data: Mapping[str, Any], *, anyway: bool) -> None:
    """Note the words of a task that the customer may not know; raises `Jargon` with them unless ``anyway``, and
    `Invalid` in any case for a phrase that is not filled in."""
    found = case.find(actor(), tx, chosen["key"])
    schema, _ = work.form(tx, chosen, vocabulary.language())
    if found is None:
        return
    written = {key: str(data.get(key) or "") for key in _read(schema.get("components"))}
    words.filled_in(tx, written.values(), found.language)
    hits = {key: words.jargon(tx, text, found.language) for key, text in written.items() if text}
    hits = {key: said for key, said in hits.items() if said}
    if hits and not anyway:
        fields = {key: [_plain(hit) for hit in said] for key, said in hits.items()}
        raise Jargon("Words that the customer may not know", remedy=_REMEDY, fields=fields)
    if hits:
        words.sent_anyway(actor(), tx, found.number, chosen["id"], [hit for said in hits.values() for hit in said])


_REMEDY = N_("Say it in plain words, or choose to send it all the same; that is noted.")


def _plain(hit: words.Hit) -> str:
    return Phrase("“%(word)s” – say: %(plain)s", word=hit.word, plain=hit.plain)


def _read(components: object) -> Iterator[str]:
    """The keys of the fields that the customer reads, those in groups, too."""
    for one in components if isinstance(components, Iterable) else ():
        properties = one.get("properties")
        if isinstance(properties, Mapping) and properties.get(READER) == CUSTOMER and one.get("key"):
            yield str(one["key"])
        yield from _read(one.get("components") or ())
