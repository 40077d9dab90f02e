"""What a checker has to say about a file of a bundle, in both languages."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from loopdesk.engine.errors import Translate, filled

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark: ``message`` and ``remedy`` are gettext ids with ``%(name)s`` places filled from ``params``."""

    file: str
    element: str
    name: str
    rule: str
    severity: Severity
    message: str
    remedy: str
    params: dict[str, object] = field(default_factory=dict)

    def as_json(self, translate: Translate = str) -> dict[str, object]:
        """The finding as `loopdesk check --json` prints it, texts in the language of ``translate``."""
        row = asdict(self)
        del row["params"]
        texts = {
            "message": filled(self.message, self.params, translate),
            "remedy": filled(self.remedy, self.params, translate),
        }
        return row | texts


SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """What matters most first; findings of one severity keep their order."""
    return sorted(findings, key=lambda found: SEVERITIES.index(found.severity))


def errors_of(findings: list[Finding]) -> list[Finding]:
    """Only what forbids a deployment."""
    return [finding for finding in findings if finding.severity == "error"]


def severity_of(rule: str) -> Severity:
    """How much a rule matters: a draft may lack what ``draft.`` names, ``style.`` is advice, ``read.`` tells only."""
    if rule.startswith(("draft.", "style.")):
        return "warning"
    return "info" if rule.startswith("read.") else "error"


def for_deployment(findings: Iterable[Finding]) -> list[Finding]:
    """The same findings before a deployment: what a draft may lack is an error then, and errors come first."""
    return by_severity(
        replace(found, severity="error") if found.rule.startswith("draft.") else found for found in findings
    )
