"""Which language and time zone a page speaks."""

import pytest
from flask import Flask

from loopdesk.tests.web.browsers import as_person


@pytest.mark.parametrize(
    ("login", "accepted", "expected"),
    [
        ("", "de, zh-CN;q=0.9, en;q=0.5", "zh"),
        ("", "fr", "en"),
        ("", "en-GB", "en"),
        ("li.na", "en", "zh"),
        ("tom.baker", "zh", "en"),
    ],
)
def test_the_language_is_the_persons_else_the_browsers(probed: Flask, login: str, accepted: str, expected: str) -> None:
    from flask_babel import get_locale

    client = as_person(probed, login) if login else probed.test_client()
    with client:
        client.get("/probe/open", headers={"Accept-Language": accepted})
        assert str(get_locale()) == expected


def test_a_chosen_language_stays_in_this_browser(probed: Flask) -> None:
    from flask_babel import get_locale

    client = as_person(probed, "li.na")
    with client:
        client.get("/probe/open?lang=en")
        client.get("/probe/open")
        assert str(get_locale()) == "en"
        client.get("/probe/open?lang=xx")
        assert str(get_locale()) == "en"


def test_times_are_in_the_persons_zone(probed: Flask) -> None:
    from flask_babel import get_timezone

    client = as_person(probed, "li.na")
    with client:
        client.get("/probe/open")
        assert str(get_timezone()) == "Asia/Shanghai"


def test_an_answer_under_way_does_not_bring_the_old_language_back(probed: Flask) -> None:
    """Pages fetch and listen all the time: an answer begun before the switch may come after it, with its cookies."""
    from flask_babel import get_locale

    client = as_person(probed, "li.na")
    with client.session_transaction() as session:
        session.permanent = True
    late = client.get("/probe/open", headers={"Sec-Fetch-Mode": "navigate"})
    client.get("/probe/open?lang=en")
    assert late.headers.getlist("Set-Cookie")
    for cookie in late.headers.getlist("Set-Cookie"):
        name, _, value = cookie.partition(";")[0].partition("=")
        client.set_cookie(name, value)
    with client:
        client.get("/probe/open")
        assert str(get_locale()) == "en"
