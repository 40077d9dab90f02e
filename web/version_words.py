"""Versions, what differs between them, and migrations, as pages, API and commands say it in a reader's language."""

from collections.abc import Mapping
from typing import Any

from loopdesk.engine import migration
from loopdesk.engine.comparison import Comparison, ElementChange
from loopdesk.engine.errors import Translate
from loopdesk.engine.migration import Preview
from loopdesk.engine.propertynames import said


def comparison(found: Comparison, translate: Translate) -> dict[str, Any]:
    """All that differs, as JSON."""
    return {
        "old": found.old,
        "new": found.new,
        "same": found.same,
        "elements": [element(change, translate) for change in found.elements],
        "files": [{"path": one.path, "what": one.what, "lines": one.lines} for one in found.files],
    }


def element(change: ElementChange, translate: Translate) -> dict[str, Any]:
    """One element that differs, as JSON; ``label`` is what people call a property."""
    return {
        "file": change.file,
        "id": change.id,
        "kind": change.kind,
        "name": change.name,
        "what": change.what,
        "properties": [
            {"property": one.name, "label": translate(said(one.name)), "before": one.before, "after": one.after}
            for one in change.properties
        ],
    }


def preview(seen: Preview, translate: Translate) -> dict[str, Any]:
    """What a migration would do, as JSON."""
    return {
        "source": seen.source.number,
        "target": seen.target.number,
        "total": seen.total,
        "shown": len(seen.looks),
        "refused": seen.refused,
        "suggested": dict(seen.suggested),
        "instances": [
            {
                "instance": look.instance,
                "key": look.key,
                "process": look.process,
                "moves": dict(look.moves),
                "reasons": [{"element": one.element, "reason": one.reason.text(translate)} for one in look.obstacles],
            }
            for look in seen.looks
        ],
    }


def item(row: Mapping[str, Any], translate: Translate) -> dict[str, Any]:
    """What became of one instance of a migration, as JSON."""
    reasons = [{"element": one["element"], "reason": migration.told(one).text(translate)} for one in row["reasons"]]
    return {
        "instance": row["instance_id"],
        "key": row["key"],
        "state": row["state"],
        "at": row["at"],
        "reasons": reasons,
    }


def job(row: Mapping[str, Any]) -> dict[str, Any]:
    """A migration, as JSON."""
    names = ("id", "source", "target", "mapping", "recompute", "note", "state", "author", "created_at", "ended_at")
    counts = ("waiting", "migrated", "failed")
    return {"process": row["name"], **{name: row[name] for name in (*names, *counts)}}
