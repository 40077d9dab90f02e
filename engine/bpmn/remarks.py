"""Collects findings on the nodes of one file."""

from dataclasses import dataclass, field

from lxml import etree

from loopdesk.engine.findings import Finding, severity_of


@dataclass
class Remarks:
    """The findings on ``file`` so far."""

    file: str
    findings: list[Finding] = field(default_factory=list)

    def add(self, node: etree._Element, rule: str, message: str, remedy: str, **params: object) -> None:
        """One more, at ``node`` or what it is a part of; the rule says how much it matters."""
        holder = next((item for item in (node, *node.iterancestors()) if item.get("id")), node)
        identity, name = holder.get("id", ""), holder.get("name", "")
        self.findings.append(Finding(self.file, identity, name, rule, severity_of(rule), message, remedy, params))
