"""Words for customers: phrases that staff put into replies, plain words for jargon, an explanation in three parts
(COM-3, COM-10)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from loopdesk.desk import case_facts, communications, departments, policy, receivers, record, templates
from loopdesk.desk.record import Case
from loopdesk.desk.rights import visible_to
from loopdesk.engine import bundles, events
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Invalid, Phrase
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx

PARTS = ("cushion", "solution", "compensation")
"""The parts of the library of phrases: we understand, what happens next, what we offer for the trouble."""
FIELDS = ("nature", "impact", "solution")
"""What an explanation carries."""
TEMPLATE, JARGON = "explanation", "jargon"


@dataclass(frozen=True, slots=True)
class Hit:
    """A ``word`` of a text that a customer may not know, and the ``plain`` one."""

    word: str
    plain: str


def phrases(tx: Tx, language: str) -> dict[str, dict[str, str]]:
    """Part -> id -> phrase in the language of a customer: the owner's, else as shipped, else in English."""
    spoken = templates.base_language(language)
    spoken = spoken if spoken in templates.SHIPPED_IN else templates.DEFAULT
    file = f"phrases.{spoken}.yaml"
    own = bundles.current(tx, templates.BUNDLE).files.get(file)
    said = policy.parse(own if own is not None else policy.shipped_file(templates.BUNDLE, file), file)
    return {part: _texts(said.get(part)) for part in PARTS}


def jargon(tx: Tx, text: str, language: str) -> list[Hit]:
    """The words of ``jargon.yaml`` that a text holds, each once, in the order of the list.

    A text is looked at in the customer's language, and for English words in any: people mix them in.
    """
    known = policy.said(tx, JARGON, "words") or {}
    spoken = dict.fromkeys([templates.base_language(language), templates.DEFAULT])
    found: dict[str, Hit] = {}
    for one in spoken:
        for word, plain in _texts(known.get(one)).items():
            if _holds(text, word):
                found.setdefault(word.lower(), Hit(word, plain))
    return list(found.values())


def filled_in(tx: Tx, texts: Iterable[str], language: str) -> None:
    """Raise `Invalid` when a text still holds a place of a phrase, such as ``{time}``, that its writer fills in."""
    library = [text for part in phrases(tx, language).values() for text in part.values()]
    places = dict.fromkeys(place for text in library for place in re.findall(r"\{[^{}]+\}", text))
    left = [place for place in places if any(place in text for text in texts)]
    if left:
        raise Invalid(
            "The phrase still leaves open %(places)s.",
            remedy=N_("Write there what the customer should read, and send it again."),
            places=", ".join(left),
        )


def reply(actor: Actor, tx: Tx, number: str, text: str, *, anyway: bool = False) -> list[Hit]:
    """Answer the customer unless the text holds jargon; ``anyway`` sends it all the same, which is noted.

    Returns the words that kept it from leaving; raises what `communications.comment` raises, and `Invalid` for a
    phrase that is not filled in.
    """
    case = record.get(tx, number, visible=visible_to(actor))
    filled_in(tx, [text], case.language)
    hits = jargon(tx, text, case.language)
    if hits and not anyway:
        return hits
    _send(actor, tx, number, text, hits)
    return []


def tell(actor: Actor, tx: Tx, number: str, text: str) -> tuple[str, list[Hit]]:
    """Answer the customer in the name of another system, which nobody can ask to think again: it leaves, and its
    jargon is noted and told to the sender.

    Returns the id of what was written and the words; raises what `communications.comment` raises.
    """
    hits = jargon(tx, text, record.get(tx, number, visible=visible_to(actor)).language)
    return _send(actor, tx, number, text, hits), hits


def _send(actor: Actor, tx: Tx, number: str, text: str, hits: list[Hit]) -> str:
    written = communications.comment(actor, tx, number, text)
    if hits:
        sent_anyway(actor, tx, number, written, hits)
    return written


def sent_anyway(actor: Actor, tx: Tx, number: str, source_id: str, hits: Iterable[Hit]) -> None:
    """Note that words which the customer may not know left all the same, in the message or task ``source_id``."""
    data = {"id": source_id, "words": ", ".join(dict.fromkeys(hit.word for hit in hits))}
    events.record(actor, tx, "communication.jargon", key=number, data=data)


def explanation(actor: Actor, tx: Tx, number: str, said: Mapping[str, str], base_url: str) -> str:
    """The letter that explains a problem: its nature, impact and solution, in the customer's language.

    Raises `Invalid` with each part that is missing.
    """
    case = record.get(tx, number, visible=visible_to(actor))
    given = {name: str(said.get(name) or "").strip() for name in FIELDS}
    wrong = {name: [str(Phrase("This is needed."))] for name, text in given.items() if not text}
    if wrong:
        message = "An explanation says what it is, what it means for the customer and what we do about it."
        raise Invalid(message, remedy=N_("Write all three; a sentence each will do."), fields=wrong)
    return templates.render(tx, TEMPLATE, **_for(tx, case, given, base_url)).body.strip()


def check(files: Files) -> list[Finding]:
    """Phrases that one of the languages lacks: whoever writes in it would not find them."""
    found = []
    said = {}
    for language in templates.SHIPPED_IN:
        file = f"phrases.{language}.yaml"
        if file in files:
            try:
                said[language] = policy.parse(files[file], file)
            except Invalid as error:
                found.append(
                    Finding(file, "", "", "phrases.syntax", "error", error.message, error.remedy, error.params)
                )
    for language, data in said.items():
        for part, name in _lacking(data, [one for code, one in said.items() if code != language]):
            message, remedy = N_("Phrase %(name)s of %(part)s is missing."), N_("Write it here, too.")
            params: dict[str, object] = {"name": name, "part": part}
            found.append(
                Finding(f"phrases.{language}.yaml", part, name, "phrases.gap", "error", message, remedy, params)
            )
    return found


def _lacking(data: Mapping[str, Any], others: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for part in PARTS:
        for name in dict.fromkeys(name for other in others for name in _texts(other.get(part))):
            if name not in _texts(data.get(part)):
                yield part, name


def _for(tx: Tx, case: Case, given: Mapping[str, str], base_url: str) -> dict[str, Any]:
    known = case_facts.of_case(tx, case)
    names = departments.names(tx, templates.base_language(case.language))
    customer = next(iter(receivers.resolve(tx, case, receivers.CUSTOMER)), None)
    department = names.get(case.department, case.department)
    scope = {
        **given,
        "case": known,
        "customer": {"name": known["contact"] or known["customer"]},
        "receiver": {"name": customer.name if customer else ""},
        "owner": {"name": known["owner_name"] or department},
        "department": {"code": case.department, "name": department},
        "departments": names,
        "base_url": base_url,
        "case_url": f"{base_url}/portal/cases/{case.number}",
    }
    return {"language": case.language, "zone": customer.zone if customer else "UTC", "scope": scope}


def _holds(text: str, word: str) -> bool:
    """Latin words stand alone, Chinese ones anywhere: these are not parted by spaces."""
    if word.isascii():
        return re.search(rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])", text, re.IGNORECASE) is not None
    return word in text


def _texts(entries: object) -> dict[str, str]:
    given = entries if isinstance(entries, Mapping) else {}
    return {str(name): str(text) for name, text in given.items()}
