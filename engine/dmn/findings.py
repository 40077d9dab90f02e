"""Where a remark about a decision model belongs, and how it is made."""

from dataclasses import dataclass, field

from loopdesk.engine.dmn import model as m
from loopdesk.engine.findings import Finding, Severity


@dataclass(slots=True)
class Notes:
    """Gathers the findings about one file."""

    file: str
    found: list[Finding] = field(default_factory=list)

    def add(
        self,
        element: m.Invocable | m.Item | m.Service | m.Import | None,
        rule: str,
        severity: Severity,
        message: str,
        remedy: str,
        /,
        *,
        at: str = "",
        **params: object,
    ) -> None:
        """One remark; ``at`` is the id of the part of the element (a rule, a column) it is about."""
        id_ = at or getattr(element, "id", "") or getattr(element, "name", "")
        name = getattr(element, "name", "")
        self.found.append(Finding(self.file, id_, name, rule, severity, message, remedy, params))
