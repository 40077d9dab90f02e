"""The figures over the API and on the command line: shapes, rights, what is not known (ANA-1, ANA-2, ANA-8)."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from loopdesk.desk import case, casework, clocks, communications, figures
from loopdesk.desk import emergency as emergencies
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.bundle import NotDeployable
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.desk.house import WORKFLOWS
from loopdesk.tests.web.conftest import Api
from loopdesk.web.cli import cli
from loopdesk.web.wiring import Loopdesk

MARCH = {"since": "2026-03-01", "until": "2026-03-31"}
HOUR = timedelta(hours=1)
AWAY = timedelta(minutes=44, seconds=38)


@pytest.fixture
def closed(desk: Loopdesk, clock: VirtualClock) -> str:
    """A P1 phone case of customer C-1002, answered after an hour (which is late), fixed after two, closed."""
    with desk.engine.begin() as tx:
        report = case.Report("phone", title="网络中断", customer_number="C-1002", email="hejing@chenxing.example")
        number = case.open(SYSTEM, tx, report).number
        casework.set_type(SYSTEM, tx, number, kind="network", department="support")
        casework.set_priority(SYSTEM, tx, number, priority="P1", reason="r")
        clocks.start(SYSTEM, tx, number)
    clock.advance(HOUR)
    with desk.engine.begin() as tx:
        communications.comment(SYSTEM, tx, number, "We are on it.")
    clock.advance(HOUR)
    with desk.engine.begin() as tx:
        casework.solve(SYSTEM, tx, number, solution="Cable.")
        casework.close(SYSTEM, tx, number, reason="confirmed")
    return number


def keep(desk: Loopdesk) -> None:
    """Let the job run as the worker does, until nothing is left."""
    for _ in range(2):
        with desk.engine.begin() as tx:
            figures.run(tx)


def values(found: list[dict[str, Any]]) -> dict[str, float | None]:
    """Name -> value."""
    return {one["name"]: one["value"] for one in found}


@pytest.mark.row("ANA-1/time", "ANA-1/attainment", "ANA-2/mean", "ANA-8/response-rate")
def test_the_api_answers_with_figures_series_parts_and_cases(
    desk: Loopdesk, api: Callable[..., Api], closed: str
) -> None:
    keep(desk)
    boss: Any = api("wang.fang", "cases:read")
    whole = boss.get("/figures", query_string=MARCH).json
    found = values(whole["figures"])
    assert (found["first_response_time"], found["first_response_attainment"], found["response_rate"]) == (60, 0, 100)
    assert (found["repair_time"], found["repair_median"], found["on_time_closure"]) == (120, 120, 100)
    assert whole["fresh"]["late"] is False
    days = boss.get("/figures/repair_time", query_string=MARCH).json
    assert [one["since"] for one in days if one["figure"]["n"]] == ["2026-03-02"]
    (part,) = boss.get("/figures/by/channel", query_string=MARCH).json
    assert (part["value"], part["name"], values(part["figures"])["repair_time"]) == ("phone", "电话", 120)
    missed = boss.get("/figures/first_response_attainment/cases", query_string=MARCH | {"part": "missed"}).json
    assert [(line["number"], line["here"], line["counts"]) for line in missed["lines"]] == [(closed, True, False)]
    counted = boss.get("/figures/first_response_attainment/cases", query_string=MARCH | {"part": "counted"}).json
    assert counted["total"] == 0
    told = {one["name"]: one for one in boss.get("/figures/definitions").json}
    assert (told["first_response_attainment"]["target"], told["satisfied_share"]["target"]) == (98, 90)
    assert all(one["text"] and one["title"] for one in told.values())


@pytest.mark.row("FBK-4/reply-rate")
def test_a_rate_of_nobody_is_no_rate(desk: Loopdesk, api: Callable[..., Api], closed: str) -> None:
    """Bad input: nobody was asked, so there is neither 0 nor 100."""
    keep(desk)
    found = values(api("wang.fang").get("/figures", query_string=MARCH).json["figures"])
    assert [found[name] for name in ("reply_rate", "satisfaction", "nps", "satisfied_share")] == [None] * 4
    empty = {"since": "2025-01-01", "until": "2025-01-31"}
    none = values(api("wang.fang").get("/figures", query_string=empty).json["figures"])
    assert {name for name, value in none.items() if value is not None} == {"cases_opened", "cases_closed"}
    printed = CliRunner().invoke(cli, ["--lang", "en", "figures", "show", "--until", "2026-03-31"], obj=desk)
    assert any("no data" in line and "Reply rate" in line for line in printed.output.splitlines()), printed.output
    chinese = CliRunner().invoke(cli, ["--lang", "zh", "figures", "show", "--until", "2026-03-31"], obj=desk)
    assert any("回复率" in line for line in chinese.output.splitlines())
    assert closed


def test_the_api_says_whose_cases_were_counted(desk: Loopdesk, api: Callable[..., Api], closed: str) -> None:
    """SEC-1: a token sees its person's departments; the answer says so, or zeros would look like a quiet month."""
    keep(desk)
    for login, departments, opened in (("wang.fang", None, 1), ("li.na", ["support"], 1), ("zhang.wei", ["rnd"], 0)):
        client: Any = api(login, "cases:read")
        whole = client.get("/figures", query_string=MARCH).json
        listed = client.get("/figures/cases_opened/cases", query_string=MARCH).json
        assert (whole["departments"], listed["departments"]) == (departments, departments), login
        assert (values(whole["figures"])["cases_opened"], listed["total"]) == (opened, opened), login
        assert (whole["restricted"], listed["restricted"]) == (False, False), login
    described = desk_schema(api)["components"]["schemas"]
    assert "null: all of the house" in described["FigureOverview"]["properties"]["departments"]["description"]
    assert "departments" in described["FigureCases"]["properties"]
    assert closed


def desk_schema(api: Callable[..., Api]) -> dict[str, Any]:
    """The description of the API."""
    found: dict[str, Any] = api("wang.fang").get("/openapi.json").json
    return found


def test_bad_questions_are_answered_in_words(api: Callable[..., Api]) -> None:
    """An unknown figure, a period that ends before it begins, no day at all, a customer's token is impossible."""
    boss: Any = api("wang.fang", "cases:read")
    assert boss.get("/figures/luck", query_string=MARCH).status_code == 422
    assert boss.get("/figures/by/weather", query_string=MARCH).status_code == 422
    assert boss.get("/figures/availability/cases", query_string=MARCH).status_code == 422
    backwards = boss.get("/figures", query_string={"since": "2026-03-02", "until": "2026-03-01"})
    assert backwards.status_code == 422
    assert "该时段的结束早于开始" in backwards.json["detail"]
    endless = {"since": "0001-01-01", "until": "9999-12-31"}
    assert [boss.get(path, query_string=endless).status_code for path in ("/figures", "/figures/nps")] == [422, 422]
    assert boss.get("/figures").status_code == 422
    assert api("wang.fang", "tasks:write").get("/figures", query_string=MARCH).status_code == 403


def test_the_command_prints_and_gathers_anew(desk: Loopdesk, closed: str) -> None:
    """The same figures on the command line; a rebuild ends with how fresh they are; a stopped job is told."""
    before = CliRunner().invoke(cli, ["--lang", "en", "figures", "show"], obj=desk)
    assert "still being gathered: 0 of 1 cases" in before.output, before.output
    built = CliRunner().invoke(cli, ["--lang", "en", "figures", "rebuild"], obj=desk)
    assert built.exit_code == 0, built.output
    keep(desk)
    arguments = ["--lang", "en", "figures", "show", "--until", "2026-03-31", "--per", "team", "--json"]
    done = CliRunner().invoke(cli, arguments, obj=desk)
    told = json.loads(done.output)
    assert values(told["figures"])["repair_time"] == 120
    assert [(one["value"], one["figures"]["held_time"]["value"]) for one in told["parts"]] == [("support", 120)]
    desk.engine.clock.advance(timedelta(minutes=2))  # type: ignore[attr-defined]
    stale = CliRunner().invoke(cli, ["--lang", "en", "figures", "show", "--until", "2026-03-31"], obj=desk)
    assert "120 seconds ago" in stale.output
    assert "does not run" in stale.output
    assert closed


@pytest.mark.row("ANA-8/availability", "ANA-8/availability-major")
def test_availability_is_what_no_emergency_took(
    desk: Loopdesk, api: Callable[..., Api], closed: str, clock: VirtualClock
) -> None:
    """From the declaration until the end; without a severity it is no major outage; the time to come is none."""
    with desk.engine.begin() as tx:
        other = case.open(SYSTEM, tx, case.Report("phone", title="x", email="hejing@chenxing.example")).number
        declared = emergencies.declare(SYSTEM, tx, other, commander="li.na", grade="I", kind="system_fault")
    clock.advance(AWAY)
    with desk.engine.begin() as tx:
        emergencies.stand_down(SYSTEM, tx, declared.id, summary="s")
    clock.advance(timedelta(days=31) - AWAY - 2 * HOUR)
    keep(desk)
    until = {"since": "2026-02-01", "until": "2026-04-30"}
    found = {one["name"]: one for one in api("wang.fang").get("/figures", query_string=until).json["figures"]}
    assert found["availability"]["denominator"] == 31 * 24 * 60
    assert found["availability"]["value"] == pytest.approx(99.9, abs=0.0001)
    assert (found["availability"]["n"], found["availability_major"]["n"]) == (1, 0)
    assert (found["availability_major"]["value"], found["availability_major"]["met"]) == (100, True)
    assert closed


def test_a_policy_that_cannot_be_counted_by_is_refused(desk: Loopdesk) -> None:
    """Weights and targets are numbers, figures those that there are: told at the deployment, with the place."""
    files = dict(bundles.read_folder(WORKFLOWS / "policies"))
    said = b"weights: {email: none}\nfigures: {luck: {target: 5}, nps: {target: 1000, name: {en: NPS}}}\n"
    with pytest.raises(NotDeployable) as told, desk.engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "policies", files | {"figures.yaml": said})
    places = {one.element for one in told.value.findings if one.file == "figures.yaml"}
    assert places >= {"weights.email", "figures.luck", "figures.nps.target", "figures.nps.name"}
