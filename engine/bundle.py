"""One deployment in memory, with what is made of its files once: programs, decisions, texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from lxml import etree

from loopdesk.engine import bpmn, dmn, yamlfiles
from loopdesk.engine.errors import N_, Invalid, Missing, Phrase
from loopdesk.engine.findings import Finding, errors_of
from loopdesk.engine.host import Files

DEFAULT_LANGUAGE = "en"
"""The language that diagrams, forms and tables themselves are written in."""
READ = (".bpmn", ".dmn", ".form", ".yaml", ".yml", ".csv")
"""Kinds of files that mean something; others may lie beside them."""


class NotDeployable(Invalid):
    """The checker found errors; ``findings`` holds all it has to say."""

    def __init__(self, name: str, findings: list[Finding]) -> None:
        errors = errors_of(findings)
        first = errors[0]
        at_file = N_("“%(name)s” cannot be deployed (errors: %(count)s). First in %(file)s: %(first)s")
        at_element = N_(
            "“%(name)s” cannot be deployed (errors: %(count)s). First in %(file)s, element “%(element)s”: %(first)s"
        )
        super().__init__(
            at_element if first.name or first.element else at_file,
            remedy=N_("Correct the findings and deploy again."),
            name=name,
            count=len(errors),
            file=first.file,
            element=first.name or first.element,
            first=Phrase(first.message, **first.params),
        )
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a deployment made, or found to be there already."""

    id: str
    name: str
    number: int
    hash: str
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Bundle:
    """A numbered version of a process folder; it never changes."""

    id: str
    name: str
    number: int
    hash: str
    files: Files
    author: str
    note: str
    at: datetime
    reader: str = bpmn.READER

    @cached_property
    def program(self) -> bpmn.Program:
        """The diagrams, ready to run."""
        return bpmn.compile_diagrams(bpmn.read(self.files), self.reader)

    @cached_property
    def languages(self) -> list[str]:
        """Languages that the folder has texts in, the default one first."""
        named = [path.split(".")[1] for path in sorted(self.files) if is_texts(path)]
        return [DEFAULT_LANGUAGE, *(lang for lang in named if lang != DEFAULT_LANGUAGE)]

    @cached_property
    def texts(self) -> Mapping[str, Mapping[str, Any]]:
        """Language -> element id or field key -> its texts."""
        return {path.split(".")[1]: read_texts(self.files[path], path) for path in self.files if is_texts(path)}

    @cached_property
    def _named(self) -> dict[tuple[str, str], Mapping[str, str]]:
        return {}

    @cached_property
    def _models(self) -> list[dmn.Model]:
        paths = [path for path in sorted(self.files) if PurePosixPath(path).suffix == ".dmn"]
        return [dmn.read(self.files[path], file=path) for path in paths]

    def model(self, decision: str) -> dmn.Model:
        """The decision model that holds ``decision``; ``Missing`` when none does."""
        for model in self._models:
            if decision in model.decisions:
                return model
        raise Missing("The decision “%(decision)s” is not in this folder.", decision=decision)

    def named(self, key: str, field: str) -> Mapping[str, str]:
        """A text in each language of the folder, looked up once."""
        found = self._named.get((key, field))
        if found is None:
            found = self._named[key, field] = {lang: self.text(key, field, lang) for lang in self.languages}
        return found

    def text(self, key: str, field: str, lang: str) -> str:
        """A text in ``lang``, else in the file's own words; ``field`` is name, documentation, ``option.<value>`` …"""
        texts = self.texts.get(lang, {}).get(key) or {}
        name, _, option = field.partition(".")
        found = (texts.get("options") or {}).get(option) if name == "option" else texts.get(field)
        return str(found) if found is not None else self._own_text(key, field)

    def _own_text(self, key: str, field: str) -> str:
        for process in self.program.diagrams.processes.values():
            element = process.elements.get(key)
            if element is not None:
                return {"name": element.name, "documentation": element.documentation}.get(
                    field, element.extras.properties.get(field, "")
                )
            if key == process.id:
                return {"name": process.name, "documentation": process.documentation}.get(field, "")
            if key in process.flows and field == "name":
                return process.flows[key].name
        return ""

    def drawn(self, file: str, lang: str) -> str:
        """A diagram file's BPMN XML with the names of its elements in ``lang``."""
        root = etree.fromstring(self.files[file])
        for node in root.iter(f"{{{bpmn.NAMESPACE}}}*"):
            identity = node.get("id")
            named = self.text(identity, "name", lang) if identity else ""
            if named:
                node.set("name", named)
        return etree.tostring(root, encoding="unicode")

    def form(self, form_id: str) -> bytes:
        """The form file with that id; ``Missing`` when the folder has none."""
        content = self.files.get(f"{form_id}.form")
        if content is None:
            raise Missing("The form “%(form)s” is not in this folder.", form=form_id)
        return content


def read_texts(content: bytes, file: str) -> Mapping[str, Mapping[str, Any]]:
    """A texts file as a mapping; ``Invalid`` when it is none."""
    texts = yamlfiles.read(content, file) or {}
    if not isinstance(texts, dict) or not all(isinstance(value, dict | None) for value in texts.values()):
        raise Invalid("%(file)s must map element ids and field keys to their texts.", file=file)
    return {str(key): value or {} for key, value in texts.items()}


def is_texts(path: str) -> bool:
    """Whether a file of the folder holds the texts of one language."""
    parts = path.split(".")
    return len(parts) == 3 and parts[0] == "texts" and parts[2] in ("yaml", "yml")


def require_whole(name: str, files: Files, present: Bundle | None) -> None:
    """Refuse what is no process folder, and a part of one in the place of the whole."""
    remedy = N_("Send the whole folder: all its files, or one zip of them.")
    if not any(path.lower().endswith(READ) for path in files):
        said = Phrase("None of these files means anything here: %(kinds)s.", kinds=", ".join(READ))
        raise Invalid("This is no process folder.", fields={"files": [said]}, remedy=remedy)
    drawn = present is not None and any(path.endswith(".bpmn") for path in present.files)
    if drawn and not any(path.endswith(".bpmn") for path in files):
        said = Phrase("There is no diagram (.bpmn) among them.")
        raise Invalid(
            "“%(name)s” has a diagram, and these files have none: they would take its place.",
            fields={"files": [said]},
            remedy=remedy,
            name=name,
        )
