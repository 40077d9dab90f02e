"""Issue 3: the shared table of expressions gives the stated values on the server."""

from typing import Any

import pytest

from loopdesk.engine import feel
from loopdesk.tests.engine.feel.oracle import interpret
from loopdesk.tests.engine.feel.table import rows


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['group']}: {row['feel']}")
def test_the_server_answers_as_the_table_says(row: dict[str, Any]) -> None:
    value = feel.to_json(feel.compile(row["feel"], names=row["with"])(row["with"]))
    assert value == row["is"]
    assert isinstance(value, bool) == isinstance(row["is"], bool)


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['group']}: {row['feel']}")
def test_the_tree_walker_answers_the_same(row: dict[str, Any]) -> None:
    assert feel.to_json(interpret(row["feel"], row["with"])) == row["is"]


def test_the_table_is_a_table() -> None:
    expressions = [row["feel"] for row in rows()]
    assert len(expressions) == len(set(expressions)) > 100
