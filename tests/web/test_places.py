"""A place of the navigation and the page behind it have one name."""

import re

from flask import Flask
from markupsafe import escape

from loopdesk.tests.web.browsers import as_person
from loopdesk.web import places


def test_the_page_of_service_levels_is_called_as_the_way_there(light_app: Flask) -> None:
    page = as_person(light_app, "petra.owner").get("/sla?lang=en").text
    [place] = [one for one in places.PLACES if one.endpoint == "pages_sla.levels"]
    with light_app.test_request_context():
        name = str(escape(str(place.text)))
    assert re.findall(r"<h1>(.*?)</h1>", page) == [name] == ["Service levels"]


def test_a_tab_below_a_place_is_that_place(light_app: Flask) -> None:
    browser = as_person(light_app, "petra.owner")
    for path in ("/feedback", "/feedback/calls", "/feedback/themes", "/feedback/sentiment"):
        page = browser.get(f"{path}?lang=en").text
        assert re.findall(r'<a [^>]*href="([^"]+)"[^>]*aria-current="page"', page.split("<main")[0]) == ["/feedback"], (
            path
        )
