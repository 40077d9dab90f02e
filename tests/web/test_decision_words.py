"""Results of decision tables on the timeline of a case: words of their folder, in the reader's language (FBK-3)."""

from collections.abc import Callable

from flask import Flask

from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.conftest import Api
from loopdesk.tests.web.surveyed import Story
from loopdesk.web.pages import plain
from loopdesk.web.wiring import Loopdesk

OWN = {("told_in", "report"): "in the report", ("gates", "users"): "key users", ("gates", "load_test"): "load test"}


def test_a_code_of_a_table_is_told_in_words(
    app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api]
) -> None:
    story = Story(app, desk, clock, api)
    story.post(story.link("survey", "s"), stars="2", comment="Too slow.")
    for language, words in (("en", "in the improvement report"), ("zh", "随改进报告告知")):
        page = as_person(app, "li.na").get(f"/cases/{story.number}?lang={language}").text
        assert words in page
        assert ", report</" not in page


def test_each_value_of_a_list_and_a_bare_value_have_their_words(light_app: Flask) -> None:
    with light_app.test_request_context("/?lang=en"):
        light_app.preprocess_request()
        assert plain.words({"gates": ["load_test", "users"]}, OWN) == "load test, key users"
        bare = plain.named(["users"], {"rules": [{"outputs": {"gates": ["users"]}}]})
        assert plain.words(bare, OWN) == "key users"
        assert plain.words([{"told_in": "report"}, {"told_in": "letter"}], OWN) == "in the report; letter"
        assert plain.words({"chair": "product", "reminded": "operations/supervisor"}, {}) == (
            "Product, Operations · Supervisor"
        )
        assert plain.words({"reason": "either/or", "met": True, "missing": None}, {}) == "either/or, yes"
