"""The shared table of expressions, as rows."""

from pathlib import Path
from typing import Any

import yaml

TABLE = Path(__file__).with_name("expressions.yaml")


def rows() -> list[dict[str, Any]]:
    """Every row of the table, with the name of its group."""
    groups = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return [{"group": group, "with": {}} | row for group, group_rows in groups.items() for row in group_rows]
