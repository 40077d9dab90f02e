"""Cases are found by their words, in English and Chinese, on both databases (architecture §3, Search)."""

import pytest
import sqlalchemy as sa

from loopdesk.desk import case, record, search
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import House


def _found(tx: Tx, q: str) -> list[str]:
    return [one.title for one in case.listing(SYSTEM, tx, q=q).cases]


@pytest.fixture
def told(house: House, tx: Tx) -> None:
    house.report(tx, title="Invoice 4711 is wrong", description="We were charged twice for the licence.")
    house.report(tx, title="订单系统无法登录", description="登录页面显示500错误，所有员工都进不去。")
    house.report(tx, title="Printer jams", description="The invoice printer on floor_2 jams.")


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("invoice", ["Printer jams", "Invoice 4711 is wrong"]),
        ("INVO charged", ["Invoice 4711 is wrong"]),
        ("ｉｎｖｏｉｃｅ　４７１１", ["Invoice 4711 is wrong"]),
        ("登录", ["订单系统无法登录"]),
        ("单系统", ["订单系统无法登录"]),
        ("500错误", ["订单系统无法登录"]),
        ("订单 打印", []),
        ("floor_2", ["Printer jams"]),
        ("L-2026-000002", ["订单系统无法登录"]),
        ("000003", ["Printer jams"]),
        ("invoice nothing", []),
        ("'\" OR 1=1 -- * & | ! :", []),
        ("!!!", []),
    ],
)
def test_a_search_finds_what_holds_all_its_words(tx: Tx, query: str, titles: list[str]) -> None:
    assert sorted(_found(tx, query)) == sorted(titles)


def test_the_better_match_comes_first_though_it_is_older(house: House, tx: Tx) -> None:
    house.report(tx, title="refund refund", description="refund")
    filler = " ".join(f"word{count}" for count in range(300))
    house.report(tx, title="Something else", description=f"{filler} refund refunds")
    assert _found(tx, "refund")[0] == "refund refund" or not tx.engine.database.is_sqlite


def test_only_visible_cases_are_found(house: House, tx: Tx) -> None:
    house.report(tx, title="Secret breach", description="leaked")
    assert case.listing(house.contacts["anna"], tx, q="breach").total == 1
    assert case.listing(house.contacts["hejing"], tx, q="breach").total == 0


def test_words_that_are_erased_are_not_found_any_more(house: House, tx: Tx) -> None:
    number = house.report(tx, title="Call Anna Berg", description="about the merger").number
    assert _found(tx, "merger") == ["Call Anna Berg"]
    record.change(tx, number, title="-", description="erased")
    search.renew(tx, [number])
    assert _found(tx, "merger") == []
    assert _found(tx, "erased") == ["-"]
    if tx.engine.database.is_sqlite:
        blocks = tx.conn.scalars(sa.text("SELECT block FROM searched_fts_data")).all()
        assert not any(b"merger" in block for block in blocks)


def test_a_text_of_one_megabyte_keeps_a_bounded_number_of_terms() -> None:
    assert len(search.terms("词" * 10 + " ".join(f"w{count}" for count in range(200_000)))) == search.TERMS
    assert max(map(len, search.terms("x" * 1_000_000))) <= 60
