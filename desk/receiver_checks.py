"""Recipients that a decision table names: a slip of the pen is found before the table is used (SLA-4, COM-1)."""

import re
from collections.abc import Callable, Collection, Iterator

from loopdesk.desk.receivers import WORDS
from loopdesk.desk.rights import STAFF
from loopdesk.engine import dmn
from loopdesk.engine.dmn.model import Table
from loopdesk.engine.errors import N_, LoopdeskError
from loopdesk.engine.findings import Finding, Severity
from loopdesk.engine.host import Files

COLUMN = "to"
"""The output of a table whose entries are recipients."""
_LITERAL = re.compile(r'\[?\s*(?:"[^"]*"\s*,?\s*)*\]?')
_WORD = re.compile(r'"([^"]*)"')


def check(files: Files, known: Collection[str], person: Callable[[str], bool] | None = None) -> list[Finding]:
    """Words of the column ``to`` that mean nobody: ``known`` are the departments, ``person`` tells a sign-in name.

    Without ``person`` no people are known, so a single word only gets a warning. Expressions are left to their trial.
    """
    tables = [(file, table) for file in sorted(files) if file.endswith(".dmn") for table in _tables(file, files)]
    return [
        finding
        for file, table in tables
        for word in dict.fromkeys(_words(table))
        for finding in _of_word(file, table, word, known, person)
    ]


def _tables(file: str, files: Files) -> Iterator[Table]:
    others = {name: content for name, content in files.items() if name.endswith(".dmn") and name != file}
    try:
        decisions = dmn.read(files[file], file=file, imports=others).definitions.decisions
    except LoopdeskError:
        return  # its own finding says why
    yield from (decision.logic for decision in decisions.values() if isinstance(decision.logic, Table))


def _words(table: Table) -> Iterator[str]:
    for place in (place for place, output in enumerate(table.outputs) if output.name == COLUMN):
        for rule in table.rules:
            if _LITERAL.fullmatch(rule.outputs[place].strip()):
                yield from _WORD.findall(rule.outputs[place])


def _of_word(
    file: str, table: Table, word: str, known: Collection[str], person: Callable[[str], bool] | None
) -> Iterator[Finding]:
    department, parted, role = word.partition("/")
    if word in WORDS or (department in known and (not parted or role in STAFF)):
        return
    if not parted and person is not None and person(word):
        return
    message = N_("Nobody is meant by receiver %(receiver)s.")
    remedy = N_("Write %(words)s, a department, department/role or the sign-in name of somebody who works here.")
    severity: Severity = "warning" if person is None and not parted else "error"
    params: dict[str, object] = {"receiver": word, "words": ", ".join(WORDS)}
    yield Finding(file, table.id, "", "receiver.unknown", severity, message, remedy, params)
