"""Findings on files as the commands print them, one a line."""

from collections.abc import Iterable, Iterator

from loopdesk.engine.errors import Translate
from loopdesk.engine.findings import Finding, by_severity


def lines(findings: Iterable[Finding], translate: Translate) -> Iterator[str]:
    """``file: element [severity rule] what is wrong and what to do``, errors first."""
    for finding in by_severity(findings):
        row = finding.as_json(translate)
        element = f"{row['element']} " if row["element"] else ""
        yield f"{row['file']}: {element}[{row['severity']} {row['rule']}] {row['message']} {row['remedy']}"
