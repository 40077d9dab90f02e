"""The labelled examples that an owner edits: ``examples.<lang>.csv`` of the bundle ``classification`` (INT-4)."""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from loopdesk.desk import policy
from loopdesk.desk.classification.text import LANGUAGES
from loopdesk.engine import bundles
from loopdesk.engine.bundle import read_texts
from loopdesk.engine.errors import N_, Invalid, Missing
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx

BUNDLE = "classification"
POLICY = "classification.yaml"
COLUMNS = ["class", "theme", "text"]
LEAST = 2
"""Themes that a class needs: one to learn from while the other is asked."""
_FILE = re.compile(r"examples\.([a-z]{2})\.csv")
_NAMES = re.compile(r"texts\.[a-z]{2}\.ya?ml")


@dataclass(frozen=True, slots=True)
class Example:
    """A text with its class; texts of one ``theme`` say the same in other words and stay together in evaluation."""

    label: str
    theme: str
    text: str


def file_of(language: str) -> str:
    """The file that holds a language's examples."""
    return f"examples.{language}.csv"


def digest(files: Files, language: str) -> str:
    """Tells one set of examples from another; empty where the language has none."""
    content = files.get(file_of(language))
    return hashlib.sha256(content).hexdigest() if content else ""


def read(content: bytes, file: str) -> list[Example]:
    """The examples of a file; raises `Invalid` when it is no UTF-8 or not the table that it should be."""
    return [example for _, example in _lines(content, file)]


def _lines(content: bytes, file: str) -> Iterator[tuple[int, Example]]:
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        if rows.fieldnames != COLUMNS:
            raise Invalid(
                N_("The first line of %(file)s has to be: %(columns)s"),
                remedy=N_("Write the names of the columns there, separated by commas."),
                file=file,
                columns=",".join(COLUMNS),
            )
        for row in rows:
            values = [str(row[column] or "").strip() for column in COLUMNS]
            yield rows.line_num, Example(*values)
    except UnicodeDecodeError as error:
        remedy = N_("Save the file as CSV in UTF-8.")
        raise Invalid(N_("%(file)s is not written in UTF-8."), remedy=remedy, file=file) from error
    except csv.Error as error:
        remedy = N_("Put texts that contain commas or quotation marks into quotation marks.")
        raise Invalid(
            N_("%(file)s is not a CSV table: %(reason)s"), remedy=remedy, file=file, reason=str(error)
        ) from error


def classes(files: Files) -> list[str]:
    """The classes that the folder has names for, in the order of its first texts file."""
    named = sorted(path for path in files if _NAMES.fullmatch(path))
    return list(read_texts(files[named[0]], named[0])) if named else []


def current_classes(tx: Tx) -> list[str]:
    """The classes of problems as they stand now; none where nobody has named any."""
    try:
        return classes(bundles.current(tx, BUNDLE).files)
    except Missing:
        return []


def check(name: str, files: Files) -> list[Finding]:
    """What is wrong with a folder of examples, or with the figures of classification among the policies."""
    found = _figures(files[POLICY]) if POLICY in files else []
    tables = sorted(path for path in files if _FILE.fullmatch(path))
    if not tables and name != BUNDLE:
        return found
    if not tables:
        message = N_("There is no set of examples.")
        return [*found, _finding(file_of("en"), "", "empty", message, N_("Add examples.en.csv or examples.zh.csv."))]
    try:
        known = classes(files)
    except Invalid:
        return found  # the texts have findings of their own
    for file in tables:
        found += _table(files[file], file, known)
    return found


def _table(content: bytes, file: str, known: Collection[str]) -> list[Finding]:
    language = file.split(".")[1]
    if language not in LANGUAGES:
        message, remedy = N_("There is no classifier for the language %(language)s."), N_("Choose one of: %(known)s")
        return [_finding(file, "", "language", message, remedy, language=language, known=", ".join(LANGUAGES))]
    try:
        lines = list(_lines(content, file))
    except Invalid as error:
        return [Finding(file, "", "", "classification.file", "error", error.message, error.remedy, dict(error.params))]
    if not lines:
        return [_finding(file, "", "empty", N_("The set of examples is empty."), N_("Add labelled texts."))]
    return [*_each(lines, file, known), *_few(lines, file, known)]


def _each(lines: list[tuple[int, Example]], file: str, known: Collection[str]) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for number, example in lines:
        place = str(number)
        if not example.text or not example.theme:
            message = N_("Line %(line)s lacks a theme or a text.")
            yield _finding(file, place, "empty", message, N_("Complete the line, or remove it."), line=number)
            continue
        if example.label not in known:
            message = N_("Line %(line)s: there is no class “%(label)s”.")
            remedy = N_("Choose one of: %(known)s. A new class gets its name in texts.en.yaml and texts.zh.yaml.")
            said = {"line": number, "label": example.label, "known": ", ".join(known) or "-"}
            yield _finding(file, place, "class", message, remedy, **said)
        before = seen.setdefault(example.text.casefold(), number)
        if before != number:
            message = N_("Line %(line)s repeats the text of line %(before)s.")
            remedy = N_("Remove one of them; a text that stands twice counts twice.")
            yield _finding(file, place, "duplicate", message, remedy, line=number, before=before)


def _few(lines: list[tuple[int, Example]], file: str, known: Collection[str]) -> Iterator[Finding]:
    themes = {(example.label, example.theme) for _, example in lines}
    counted = Counter(label for label, _ in themes)
    for label in known:
        if counted[label] < LEAST:
            message = N_("The class “%(label)s” has %(count)s themes, it needs at least %(least)s.")
            remedy = N_("Add texts on further themes, or remove the class.")
            yield _finding(file, label, "few", message, remedy, label=label, count=counted[label], least=LEAST)
    if len(counted) < LEAST:
        message, remedy = N_("There is only one class, so nothing can be told apart."), N_("Add a second class.")
        yield _finding(file, "", "few", message, remedy)


def _figures(content: bytes) -> list[Finding]:
    try:
        data = policy.parse(content, POLICY)
    except Invalid as error:
        return [
            Finding(POLICY, "", "", "classification.file", "error", error.message, error.remedy, dict(error.params))
        ]
    confidence, corrections = data.get("confidence", 0.5), data.get("corrections", 1)
    found = []
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= 1:
        message, remedy = N_("“confidence” is not a number between 0 and 1."), N_("Write it like 0.6.")
        found.append(_finding(POLICY, "confidence", "figure", message, remedy))
    if isinstance(corrections, bool) or not isinstance(corrections, int) or corrections < 1:
        message, remedy = N_("“corrections” is not a whole number above 0."), N_("Write it like 20.")
        found.append(_finding(POLICY, "corrections", "figure", message, remedy))
    return found


def _finding(file: str, element: str, rule: str, message: str, remedy: str, **params: object) -> Finding:
    return Finding(file, element, "", f"classification.{rule}", "error", message, remedy, params)
