"""Every refusal of the API is problem details (RFC 9457), and the API is described by a valid OpenAPI 3.1."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_babel import get_locale
from openapi_spec_validator import OpenAPIV31SpecValidator

from loopdesk.web import security


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("get", "/nothing", {}, 404),
        ("get", "/cases/L-2026-999999", {}, 404),
        ("delete", "/cases", {}, 405),
        ("post", "/cases", {"data": "hello", "content_type": "text/plain"}, 415),
        ("post", "/cases", {"data": "{", "content_type": "application/json"}, 400),
        ("post", "/cases", {"data": "[1]", "content_type": "application/json"}, 422),
        ("post", "/cases", {"data": b"\xff\xfe", "content_type": "application/json"}, 400),
        ("get", "/cases?page=x", {}, 422),
        ("get", "/tasks/unknown", {}, 404),
        ("get", "/instances/unknown", {}, 404),
        ("get", "/definitions/unknown/source", {}, 404),
    ],
)
def test_refusals_are_problem_details(
    api: Callable[..., Any], method: str, path: str, options: dict[str, Any], status: int
) -> None:
    answer = getattr(api("wang.fang"), method)(path, **options)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["status"] == status
    assert answer.get_json()["type"].startswith("urn:loopdesk:problem:")
    assert answer.get_json()["title"]
    assert answer.get_json()["detail"]
    assert answer.get_json()["instance"] == "/api/v1" + path.partition("?")[0]
    if status == 405:
        assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("header", ["", "Bearer ld_wrong", "Bearer", "Basic bGkubmE6eA=="])
def test_without_a_valid_token_there_is_no_answer_but_401(light_app: Flask, header: str) -> None:
    answer = light_app.test_client().get("/api/v1/cases", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_session_of_the_pages_does_not_open_the_api(light_app: Flask) -> None:
    client = light_app.test_client()
    with client.session_transaction() as session:
        session["person"] = "whoever"
    assert client.get("/api/v1/cases").status_code == 401


@pytest.mark.parametrize(("accepted", "language"), [("zh-CN", "zh"), ("en", "en"), ("", "zh")])
def test_a_program_chooses_its_language_else_it_is_the_persons(
    api: Callable[..., Any], accepted: str, language: str
) -> None:
    with api("li.na").client as client:
        client.get("/api/v1/cases/L-1", headers={"Accept-Language": accepted} if accepted else {})
        assert str(get_locale()) == language


@pytest.mark.parametrize("path", ["/figures?since=2026-01-01&until=2026-01-31&chanel=email", "/cases?sttaus=open"])
def test_a_filter_that_is_misspelt_does_not_answer_for_everything(api: Callable[..., Any], path: str) -> None:
    answer = api("wang.fang").get(path)
    assert answer.status_code == 422
    [(name, problems)] = answer.json["errors"].items()
    assert (name in path, problems) == (True, ["没有这个字段。"])


@pytest.mark.parametrize(
    ("path", "field", "said"),
    [
        ("/figures?since=2026-02-30&until=2026-03-01", "since", "请填写日期，例如 2026-05-04。"),
        ("/actions?state=odd", "state", "请在 open, done 中选择。"),
        ("/cases?status=odd", "status", "请在 new, open, waiting, solved, closed 中选择。"),
        ("/communications?state=odd", "state", "请在 sent, received, queued, held, failed 中选择。"),
    ],
)
def test_a_wrong_filter_says_in_the_readers_language_what_may_stand_there(
    api: Callable[..., Any], path: str, field: str, said: str
) -> None:
    answer = api("wang.fang").get(path)
    assert (answer.status_code, answer.get_json()["errors"]) == (422, {field: [said]})


@pytest.mark.parametrize(
    ("path", "asked", "right"),
    [
        ("/figures", {"level": "P9"}, "P1"),
        ("/figures/cases_opened", {"team": "nobody"}, "support"),
        ("/figures/by/team", {"channel": "pigeon"}, "email"),
        ("/figures/cases_opened/cases", {"class": "odd"}, ""),
        ("/figures", {"customer": "nobody"}, ""),
        ("/communications", {"channel": "pigeon"}, "wecom"),
    ],
)
def test_a_value_that_the_house_does_not_have_is_no_filter(
    api: Callable[..., Any], path: str, asked: dict[str, str], right: str
) -> None:
    """ANA-1, COM-4: such a filter used to answer with nothing at all, as a quiet month does."""
    month = {"since": "2026-03-01", "until": "2026-03-31"} if "figures" in path else {}
    [field] = asked
    answer = api("wang.fang").get(path, query_string={**month, **asked, "lang": "en"})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])
    assert right in answer.get_json()["errors"][field][0]
    for known in filter(None, (right, "-" if month else "")):
        assert api("wang.fang").get(path, query_string={**month, field: known}).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/cases", {"description": " \n", "customer_number": "C-1001"}, "description"),
        ("/cases/L-2026-000001/reopenings", {"text": "  "}, "text"),
    ],
)
def test_blanks_are_no_words_and_are_told_at_the_field_that_was_sent(
    api: Callable[..., Any], path: str, body: dict[str, str], field: str
) -> None:
    app = api("wang.fang")
    answer = app.post(path, json=body)
    assert (answer.status_code, answer.get_json()["errors"]) == (422, {field: ["请填写内容。"]})
    assert app.get("/cases").json["total"] == 0


@pytest.mark.parametrize(
    ("path", "body", "field", "said"),
    [
        ("/acceptances", {"case": "L-2026-000001", "gates": []}, "gates", "Between 1 and 3 entries."),
        ("/compensations", {"customer": "C-1001", "outages": []}, "outages", "Between 1 and 50 entries."),
        ("/cases", {"description": "x", "details": {str(n): "" for n in range(51)}}, "details", "At most 50 entries."),
    ],
)
def test_a_list_that_is_too_short_or_too_long_is_told_in_entries(
    api: Callable[..., Any], path: str, body: dict[str, Any], field: str, said: str
) -> None:
    answer = api("wang.fang").post(path, json=body, headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.get_json()["errors"][field]) == (422, [said])


def test_too_many_requests_are_told_to_wait(light_desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from loopdesk.web.app import create_app

    monkeypatch.setattr(security, "GENERAL_LIMIT", "2 per minute")
    client = create_app(desk=light_desk).test_client()
    answers = [client.get("/api/v1/cases") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[2].content_type == "application/problem+json"
    assert int(answers[2].headers["Retry-After"]) > 0


def test_the_description_is_valid_openapi_3_1(light_app: Flask) -> None:
    answer = light_app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    OpenAPIV31SpecValidator(answer.get_json()).validate()
    assert answer.get_json()["openapi"].startswith("3.1")


def test_every_operation_is_described_with_its_scope(light_app: Flask) -> None:
    paths = light_app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    operations = {
        (path, method): operation
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method in ("get", "post", "put", "delete", "patch")
    }
    rules = {rule.rule for rule in light_app.url_map.iter_rules() if rule.rule.startswith("/api/")}
    routes = {rule for rule in rules if "openapi" not in rule}
    assert len({path for path, _ in operations}) == len(routes) > 12
    for operation in operations.values():
        assert operation["summary"]
        assert "Needs the scope" in operation["description"]
        problem = operation["responses"]["default"]
        assert problem == {"$ref": "#/components/responses/DEFAULT_ERROR"}
    spec = light_app.test_client().get("/api/v1/openapi.json").get_json()
    assert "application/problem+json" in spec["components"]["responses"]["DEFAULT_ERROR"]["content"]
