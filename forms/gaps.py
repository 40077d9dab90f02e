"""Words of a process folder that a language lacks: what ``check`` says of ``texts.<lang>.yaml`` (architecture §3)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from loopdesk.engine import bpmn
from loopdesk.engine.bundle import is_texts, read_texts
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.forms.translation import WORDS


@dataclass(frozen=True, slots=True)
class Word:
    """A text that people read: where it stands, and the keys under which a texts file may hold it."""

    file: str
    keys: tuple[str, ...]
    field: str
    """``name``, ``label`` …, or ``options`` with the option's ``value``."""
    text: str
    value: str = ""


def check(files: Files) -> list[Finding]:
    """One warning for each word of diagrams and forms that a texts file of the folder does not hold, or that all word
    differently: the texts are what people read, so writing it in the drawing alone changes nothing."""
    diagrams = bpmn.read(files)
    if diagrams.unread:
        return []  # a folder without its diagram has gaps of its own; the words come after the drawing
    words = [*_of_diagrams(diagrams), *_of_forms(files)]
    gaps = [finding for path in sorted(filter(is_texts, files)) for finding in _gaps(path, files[path], words)]
    return [*gaps, *_unseen(files, words)]


def _gaps(path: str, content: bytes, words: list[Word]) -> Iterator[Finding]:
    try:
        texts = read_texts(content, path)
    except Invalid:
        return  # the engine's own check says so
    message = N_("“%(text)s” has no word in %(language)s.")
    remedy = N_("Add %(field)s under %(key)s to %(texts)s.")
    for word in words:
        if not _held(texts, word):
            field = f"{word.field}.{word.value}" if word.value else word.field
            params: dict[str, object] = {"text": word.text[:60], "language": path.split(".")[1], "texts": path}
            params |= {"field": field, "key": word.keys[0]}
            yield Finding(word.file, word.keys[-1], word.text[:60], "texts.gap", "warning", message, remedy, params)


def _unseen(files: Files, words: list[Word]) -> list[Finding]:
    """Nothing where the folder's own words are one of the languages, or one beside them: most differ there."""
    try:
        texts = {path: read_texts(files[path], path) for path in sorted(filter(is_texts, files))}
    except Invalid:
        return []
    message = N_("“%(text)s” is shown to nobody: %(texts)s says “%(said)s”.")
    remedy = N_("Write it into the texts files as well.")
    found = []
    for word in words if len(texts) > 1 else []:
        said = [_held(one, word) for one in texts.values()]
        if all(said) and _plain(word.text) not in map(_plain, said):
            params: dict[str, object] = {"text": word.text[:60], "texts": next(iter(texts)), "said": said[0][:60]}
            found.append(
                Finding(word.file, word.keys[-1], word.text[:60], "texts.unseen", "warning", message, remedy, params)
            )
    return found if 2 * len(found) < len(words) else []


def _plain(text: str) -> str:
    return " ".join(text.split())


def _held(texts: Mapping[str, Mapping[str, Any]], word: Word) -> str:
    """What a texts file says for a word; empty for nothing."""
    entry = next((texts[key] for key in word.keys if key in texts), {})
    held = entry.get(word.field)
    if word.field == "options":
        options = {str(value): text for value, text in held.items()} if isinstance(held, dict) else {}
        held = options.get(word.value)
    return str(held or "")


def _of_diagrams(diagrams: bpmn.Diagrams) -> Iterator[Word]:
    for process in diagrams.processes.values():
        yield Word(process.file, (process.id,), "name", process.name)
        for element in process.elements.values():
            yield from _present(process.file, (element.id,), {"name": element.name})
            yield from _present(process.file, (element.id,), {"expectedResult": _expected(element)})
        for flow in process.flows.values():
            yield from _present(process.file, (flow.id,), {"name": flow.name})


def _expected(element: bpmn.Element) -> str:
    return element.extras.properties.get("expectedResult", "")


def _of_forms(files: Files) -> Iterator[Word]:
    for path in sorted(path for path in files if path.endswith(".form")):
        try:
            document = json.loads(files[path])
        except (ValueError, RecursionError):
            continue  # the form's own check says so
        if isinstance(document, dict):
            yield from _of_components(path, str(document.get("id") or ""), document.get("components"))


def _of_components(path: str, form_id: str, components: object) -> Iterator[Word]:
    for spec in components if isinstance(components, list) else []:
        if not isinstance(spec, dict):
            continue
        name = str(spec.get("key") or spec.get("path") or spec.get("id") or "")
        keys = (f"{form_id}.{name}", name)
        yield from _present(path, keys, {field: str(spec.get(field) or "") for field in WORDS})
        values = spec.get("values")
        for option in values if isinstance(values, list) else []:
            if isinstance(option, dict) and option.get("label"):
                yield Word(path, keys, "options", str(option["label"]), str(option.get("value")))
        yield from _of_components(path, form_id, spec.get("components"))


def _present(path: str, keys: tuple[str, ...], fields: Mapping[str, str]) -> Iterator[Word]:
    for field, text in fields.items():
        if text.strip():
            yield Word(path, keys, field, text)
