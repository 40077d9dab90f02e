"""A form file (bpmn.io form JSON, schema version 19) as the fields whose answers the server keeps."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding, errors_of

SCHEMA_VERSION = 19
MAX_BYTES = 1_000_000
MAX_DEPTH = 10
KEYED = frozenset(
    {"textfield", "textarea", "number", "datetime", "select", "radio"}
    | {"checkbox", "checklist", "taglist", "filepicker", "dynamiclist"}
)
SHOWN_ONLY = frozenset(
    {"table", "text", "html", "image", "iframe", "documentPreview", "expression", "separator", "spacer", "button"}
)


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form; ``spec`` is its component as the file has it."""

    key: str
    """Path of the answer, dotted; inside a row of a dynamic list it is relative to the row."""
    type: str
    spec: Mapping[str, Any]
    hides: tuple[str, ...] = ()
    """FEEL conditions, its own and those of the groups around it: one that is true hides the field."""
    rows: tuple["Field", ...] = ()
    """The columns of a dynamic list."""

    @property
    def label(self) -> str:
        """What the person reads beside the field; the key where the file has no label."""
        return str(self.spec.get("label") or self.spec.get("dateLabel") or self.spec.get("timeLabel") or self.key)

    @property
    def rules(self) -> Mapping[str, Any]:
        """The component's ``validate`` part."""
        rules = self.spec.get("validate")
        return rules if isinstance(rules, dict) else {}


@dataclass(frozen=True, slots=True)
class Form:
    """A form file that was read: its id and its fields in the order of the page."""

    id: str
    fields: tuple[Field, ...]

    def field(self, key: str) -> Field | None:
        """The field of that key, or None."""
        return next((field for field in self.fields if field.key == key), None)


def read(data: bytes, *, file: str = "") -> Form:
    """Read a form file.

    Raises ``Invalid`` where the file is no form; ``params["findings"]`` holds every reason.
    """
    form, findings = scan(data, file)
    errors = errors_of(findings)
    if errors:
        first = errors[0]
        params: dict[str, Any] = {**first.params, "findings": errors}
        raise Invalid(first.message, remedy=first.remedy, place=file, **params)
    return form


def scan(data: bytes, file: str) -> tuple[Form, list[Finding]]:
    """Read as much of a form file as can be read, with what is wrong in its structure."""
    reader = _Reader(file)
    document = reader.document(data)
    components = document.get("components", [])
    fields = tuple(reader.fields(components, prefix="", hides=(), depth=0))
    return Form(str(document.get("id") or ""), fields), reader.findings


class _Reader:
    """Walks the components of one file and notes what it cannot take."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []

    def document(self, data: bytes) -> dict[str, Any]:
        if len(data) > MAX_BYTES:
            self.note({}, "form.size", N_("The form file is larger than 1 MB."), N_("Split it into several forms."))
            return {}
        try:
            document = json.loads(data)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict) or not isinstance(document.get("components", []), list):
            self.note(
                {},
                "form.json",
                N_("This is not a form file: JSON with a list named components is expected."),
                N_("Export it again from the form editor."),
            )
            return {}
        version = document.get("schemaVersion", SCHEMA_VERSION)
        if not isinstance(version, int) or version > SCHEMA_VERSION:
            self.note(
                {},
                "form.version",
                N_("The form has schema version %(version)s; up to %(known)s can be read."),
                N_("Save it with a form editor of that version."),
                version=version,
                known=SCHEMA_VERSION,
            )
        return document

    def fields(self, components: object, prefix: str, hides: tuple[str, ...], depth: int) -> Iterator[Field]:
        if depth > MAX_DEPTH:
            self.note({}, "form.depth", N_("Groups are nested too deeply."), N_("Flatten the form."))
            return
        for spec in components if isinstance(components, list) else []:
            if not isinstance(spec, dict):
                self.note({}, "form.component", N_("A component is not an object."), N_("Export the form again."))
            else:
                yield from self.component(spec, prefix, hides, depth)

    def component(self, spec: dict[str, Any], prefix: str, hides: tuple[str, ...], depth: int) -> Iterator[Field]:
        kind = str(spec.get("type"))
        conditional = spec.get("conditional")
        hide = conditional.get("hide") if isinstance(conditional, dict) else None
        hides = (*hides, hide) if isinstance(hide, str) and hide.strip() else hides
        if kind == "group":
            path = spec.get("path")
            inner = f"{prefix}{path}." if isinstance(path, str) and path else prefix
            yield from self.fields(spec.get("components"), inner, hides, depth + 1)
        elif kind == "dynamiclist":
            rows = tuple(self.fields(spec.get("components"), "", (), depth + 1))
            yield Field(f"{prefix}{spec.get('path') or ''}", kind, spec, hides, rows)
        elif kind in KEYED:
            yield Field(f"{prefix}{spec.get('key') or ''}", kind, spec, hides)
        elif kind not in SHOWN_ONLY:
            self.note(
                spec,
                "form.type",
                N_("Components of the type %(type)s are not known."),
                N_("Use a component of the standard form editor."),
                type=kind,
            )

    def note(self, spec: Mapping[str, Any], rule: str, message: str, remedy: str, **params: object) -> None:
        """Keep an error; ``spec`` is the component it stands at."""
        element = str(spec.get("key") or spec.get("path") or spec.get("id") or "")
        name = str(spec.get("label") or "")
        self.findings.append(Finding(self.file, element, name, rule, "error", message, remedy, params))
