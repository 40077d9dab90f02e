"""How PostgreSQL finds what figures are made of: a customer's cases without going through all others (ANA-2)."""

from typing import Any

import pytest
import sqlalchemy as sa

from loopdesk.desk.figures import Filter, asked
from loopdesk.desk.figures.asked import Asked
from loopdesk.desk.figures.sums import BASES
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.db import Database
from loopdesk.engine.host import Host
from loopdesk.engine.tx import Engine
from loopdesk.tests.bench import bench_figures

ONE = Filter(customer="customer-7")
QUESTIONS = (ONE, Filter("email", "P1", "fault", "support", ONE.customer))


@pytest.fixture
def many(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Twenty thousand cases of two hundred customers."""
    monkeypatch.setattr(bench_figures, "CASES", 20_000)
    monkeypatch.setattr(bench_figures, "CUSTOMERS", 200)
    engine = Engine(Database(postgres_url), VirtualClock(bench_figures.NOW), Host())
    with engine.database.engine.begin() as conn:
        # Rows whose commit is not on the disk yet are not marked as seen by all, and an index alone does not do.
        conn.exec_driver_sql(f"ALTER DATABASE {conn.engine.url.database} SET synchronous_commit = on")
    engine.database.close()
    bench_figures.fill_house(engine.database)
    return engine


@pytest.mark.parametrize("by", ["", "channel", "customer"])
@pytest.mark.parametrize("wanted", QUESTIONS)
def test_the_figures_of_a_customer_are_read_from_an_index_alone(many: Engine, wanted: Filter, by: str) -> None:
    """Bar of issue 8: on the table each of a large customer's cases would be a page of its own."""
    said: list[tuple[str, Any]] = []
    with many.read() as tx:
        question = Asked(tx, asked.scope(SYSTEM), bench_figures.PERIOD, wanted, by)

        def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            said.append((statement, parameters))

        sa.event.listen(tx.conn, "before_cursor_execute", note)
        for basis in BASES:
            question.sums(basis)
            question.spreads(basis, 1_000_000)
        sa.event.remove(tx.conn, "before_cursor_execute", note)
        assert len(said) == len(BASES) * 2
        for statement, parameters in said:
            plan = "\n".join(tx.conn.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())
            assert "Index Only Scan using ix_case_figure_customer" in plan, plan
    many.database.close()
