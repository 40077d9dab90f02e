"""A customer's mail is acknowledged by real SMTP, and his answer to that mail finds its case (INT-7, CON-7)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loopdesk.engine import outbox
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.conftest import settings_for
from loopdesk.tests.web.mails import Postman, postman, write
from loopdesk.web import dev_mail
from loopdesk.web.mail_intake import sink
from loopdesk.web.wiring import Loopdesk, build


@pytest.fixture(params=["sqlite", "postgres"])
def house(
    request: pytest.FixtureRequest, furnished: Callable[[str], str], tmp_path: Path, clock: VirtualClock
) -> Iterator[Loopdesk]:
    """A house whose mail leaves to its own sink, as in the demo."""
    settings = settings_for(tmp_path, furnished(request.param))
    keeper = build(settings, clock=clock)
    server = sink(keeper.engine, "127.0.0.1", 0)
    server.open()
    house = build(replace(settings, smtp_url=f"smtp://127.0.0.1:{server.port}"), clock=clock)
    yield house
    house.close()
    server.stop()
    keeper.close()


def _work(house: Loopdesk) -> None:
    while outbox.drain(house.engine, house.handlers, worker="test"):
        pass


def _sent(house: Loopdesk) -> list[dict[str, Any]]:
    with house.engine.read() as tx:
        return [dev_mail.read(tx, row["id"]) for row in reversed(dev_mail.listing(tx))]


def _to_anna(house: Loopdesk) -> list[dict[str, Any]]:
    return [mail for mail in _sent(house) if mail["recipients"] == ["anna@aurora.example"]]


@pytest.fixture
def post(house: Loopdesk) -> Iterator[Postman]:
    with postman(house) as post:
        yield post


@pytest.mark.row("INT-7/priority", "CON-7")
def test_the_acknowledgement_arrives_and_its_answer_comes_home(house: Loopdesk, post: Postman) -> None:
    number = post.bring(write("The shop is down.", "Shop down", Message_ID="<first@aurora.example>"))
    _work(house)
    acknowledgement = next(mail for mail in _to_anna(house) if "Priority" in mail["text"])
    headers = dict(acknowledgement["headers"])
    opened = post.case(number)
    assert number in acknowledgement["subject"]
    assert opened.priority in acknowledgement["text"]
    assert headers["In-Reply-To"] == "<first@aurora.example>"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert next(row for row in post.said(number, "out") if row["template"] == "acknowledgement")["state"] == "sent"

    answer = write("It is the payment page.", "AW: Shop", In_Reply_To=headers["Message-ID"])
    assert post.bring(answer) == number
    _work(house)
    assert [row["body"] for row in post.said(number, "in")] == ["It is the payment page."]
    assert len(post.cases()) == 1


def test_our_own_mail_sent_back_to_us_opens_nothing(house: Loopdesk, post: Postman) -> None:
    number = post.bring(write())
    _work(house)
    before = len(_sent(house))
    mail = _to_anna(house)[0]
    echo = write(
        mail["text"], mail["subject"], "support@loopdesk.example", Message_ID=dict(mail["headers"])["Message-ID"]
    )
    post.bring(echo)
    _work(house)
    assert post.cases() == [number]
    assert len(_sent(house)) == before, "a loop ends at its first turn"
