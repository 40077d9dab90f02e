"""Responsibilities as people and programs change them: the table in the browser, the API, the command line (HND-1)."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from flask import Flask

from loopdesk.desk import case
from loopdesk.engine import bundles, runner, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.engine.drawing import diagram, flows
from loopdesk.tests.scenarios.shipped import files_of
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.conftest import settle
from loopdesk.web.cli import cli
from loopdesk.web.wiring import Loopdesk

NEGOTIATION = files_of("negotiation")
LINES: dict[str, dict[str, Any]] = yaml.safe_load(NEGOTIATION["raci.yaml"])["activities"]
GOOD = {"R": ["support/agent"], "A": ["support/supervisor"], "C": [], "I": []}
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"answer_wish": GOOD | {"A": ["support/supervisor", "rnd/supervisor"]}}, "raci.accountable", "has 2 accountable"),
    ({"answer_wish": GOOD | {"A": []}}, "raci.accountable", "has 0 accountable"),
    ({"answer_wish": GOOD | {"R": []}}, "raci.responsible", "nobody responsible"),
    ({"answer_wish": GOOD | {"C": ["sales"]}}, "raci.side", "there is no department sales"),
    ({"answer_wish": GOOD | {"R": ["support/king"]}}, "raci.side", "there is no role king"),
    ({"ghost": GOOD}, "raci.activity", "no activity of the diagram"),
]
"""Lines, the rule that finds them wrong, and some of its words."""


def matrix(**changed: dict[str, Any]) -> dict[str, Any]:
    """The shipped matrix with other lines, as the API takes it."""
    return {
        name: {letter: [line[letter]] if isinstance(line[letter], str) else line[letter] for letter in "RACI"}
        for name, line in (LINES | changed).items()
    }


def numbers(desk: Loopdesk) -> int:
    with desk.engine.read() as tx:
        return bundles.current(tx, "negotiation").number


@pytest.mark.row("HND-1/one-accountable", "HND-1/a-responsible", "HND-1/deployment")
@pytest.mark.parametrize(("lines", "rule", "words"), BAD)
def test_a_wrong_matrix_is_refused_with_its_place_by_the_api(
    api: Callable[..., Any], desk: Loopdesk, lines: dict[str, Any], rule: str, words: str
) -> None:
    refused = api("petra.owner").put("/raci/negotiation", json={"activities": matrix(**lines)})
    assert refused.status_code == 422
    found = [one for one in refused.json["findings"] if one["severity"] == "error"]
    assert [(one["rule"], one["element"]) for one in found] == [(rule, next(iter(lines)))]
    assert words in found[0]["message"]
    assert found[0]["remedy"]
    assert numbers(desk) == 1


@pytest.mark.row("HND-1/one-accountable", "HND-1/a-responsible", "HND-1/deployment")
@pytest.mark.parametrize(("lines", "rule", "words"), BAD)
def test_the_same_is_found_at_the_command_line(tmp_path: Path, lines: dict[str, Any], rule: str, words: str) -> None:
    folder = tmp_path / "negotiation"
    for path, content in NEGOTIATION.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / "raci.yaml").write_text(yaml.safe_dump({"activities": LINES | lines}))
    env = {"LOOPDESK_DATA": str(tmp_path), "DATABASE_URL": "", "REDIS_URL": "", "LANG": "C"}
    said = CliRunner().invoke(cli, ["check", str(folder)], env=env)
    assert said.exit_code == 1
    assert rule in said.output
    assert words in said.output


@pytest.mark.row("HND-1/edited")
def test_a_program_reads_and_changes_the_matrix(api: Callable[..., Any], desk: Loopdesk) -> None:
    owner = api("petra.owner")
    read = owner.get("/raci/negotiation").json
    [first] = [one for one in read["activities"] if one["id"] == "answer_wish"]
    assert (first["R"], first["A"], first["person"]) == (["support/agent"], ["support/supervisor"], True)
    assert (read["number"], read["findings"]) == (1, [])
    changed = matrix(answer_wish=GOOD | {"R": ["support/agent", "rnd/agent"]})
    changed["answer_wish"]["together"] = "any"
    made = owner.put("/raci/negotiation", json={"activities": changed, "note": "both", "number": 1})
    assert (made.status_code, made.json["number"]) == (201, 2)
    again = {one["id"]: one for one in owner.get("/raci/negotiation").json["activities"]}
    assert (again["answer_wish"]["R"], again["answer_wish"]["together"]) == (["support/agent", "rnd/agent"], "any")
    old = owner.put("/raci/negotiation", json={"activities": matrix(), "number": 1})
    assert old.status_code == 409
    with desk.engine.read() as tx:
        text = bundles.current(tx, "negotiation").files["raci.yaml"].decode()
    assert text.startswith("# Who does what (HND-1)")


def test_who_may_not_deploy_may_not_change_a_matrix(api: Callable[..., Any]) -> None:
    """SEC-1: reading is another scope, and deploying another role."""
    assert api("petra.owner", "definitions:read").put("/raci/negotiation", json={"activities": {}}).status_code == 403
    assert api("li.na").put("/raci/negotiation", json={"activities": matrix()}).status_code == 403
    assert api("petra.owner").get("/raci/policies").status_code == 404
    assert api("petra.owner").put("/raci/negotiation", json={"activities": {"x": {"R": "me"}}}).status_code == 422


class Table:
    """The table in a process owner's browser: its marks, changed and sent."""

    def __init__(self, app: Flask, login: str = "petra.owner") -> None:
        self.client = as_person(app, login)
        self.token = csrf_of(app, self.client)
        self.page = self.client.get("/definitions/negotiation/raci").text
        self.form: list[tuple[str, str]] = self._form(self.page)

    @staticmethod
    def _form(page: str) -> list[tuple[str, str]]:
        hidden = re.findall(r'<input type="hidden" name="(number|current|party|activity)" value="([^"]*)"', page)
        marks = re.findall(r'type="checkbox" name="(m-[^"]+)" value="1"[^>]* checked', page)
        roles = re.findall(r'<select name="(r-[^"]+)"[^>]*>(?:(?!</select>).)*<option value="([^"]*)" selected', page)
        return [*hidden, *((one, "1") for one in marks), *roles]

    def place(self, activity: str, party: str, letter: str) -> str:
        """The name of a mark."""
        row = [value for name, value in self.form if name == "activity"].index(activity)
        column = [value for name, value in self.form if name == "party"].index(party)
        return f"{row}-{column}-{letter}"

    def mark(self, activity: str, party: str, letter: str, role: str = "") -> None:
        at = self.place(activity, party, letter)
        self.unmark(activity, party, letter)
        self.form += [(f"m-{at}", "1"), (f"r-{at}", role)]

    def unmark(self, activity: str, party: str, letter: str) -> None:
        at = self.place(activity, party, letter)
        self.form = [(name, value) for name, value in self.form if name not in (f"m-{at}", f"r-{at}")]

    def send(self, do: str = "deploy", path: str = "", **more: str) -> Any:
        data: dict[str, list[str]] = {
            "csrf_token": [self.token],
            "do": [do],
            **{one: [value] for one, value in more.items()},
        }
        for name, value in self.form:
            data.setdefault(name, []).append(value)
        return self.client.post(f"/definitions/negotiation/raci{path}", data=data)


@pytest.mark.row("HND-1/edited")
def test_a_process_owner_changes_marks_and_deploys_them(app: Flask, desk: Loopdesk) -> None:
    """Nothing is changed by looking; what is changed is said against the version that counts."""
    table = Table(app)
    assert "Answer the customer" in table.page
    assert "R&amp;D" not in table.page.split("<thead>")[1].split("</thead>")[0]
    assert table.send().status_code == 302
    assert numbers(desk) == 1
    with_column = table.send("add", add="rnd").text
    table.form = Table._form(with_column)
    table.mark("answer_wish", "rnd", "I", "supervisor")
    checked = table.send(path="/check").text
    assert "1 change against version 1" in checked
    assert "R&amp;D · Supervisor" in checked
    assert table.send(note="they want to know").status_code == 302
    with desk.engine.read() as tx:
        made = bundles.current(tx, "negotiation")
    assert (made.number, made.note) == (2, "they want to know")
    assert yaml.safe_load(made.files["raci.yaml"])["activities"]["answer_wish"]["I"] == ["rnd/supervisor"]


@pytest.mark.row("HND-1/edited", "HND-1/one-accountable", "HND-1/deployment")
def test_wrong_marks_are_said_at_once_and_refused_and_kept(app: Flask, desk: Loopdesk) -> None:
    table = Table(app)
    table.mark("answer_wish", "{case.department}", "A")
    table.unmark("keep_answer", "support", "R")
    for answer, status in ((table.send(path="/check"), 200), (table.send(), 422)):
        assert answer.status_code == status
        assert "2 things are wrong" in answer.text
        assert "has 2 accountable sides" in answer.text
        assert "has nobody responsible" in answer.text
    page = table.send().text
    assert page.count('aria-invalid="true"') == 2
    assert set(Table._form(page)) >= {(f"m-{table.place('answer_wish', '{case.department}', 'A')}", "1")}
    assert numbers(desk) == 1


@pytest.mark.row("HND-1/edited")
def test_a_draft_waits_and_a_version_in_between_is_not_overwritten(app: Flask, desk: Loopdesk) -> None:
    table, late = Table(app), Table(app)
    table.unmark("answer_wish", "{case.department}", "C")
    drafted = table.send("draft")
    assert drafted.location.endswith("/definitions/negotiation/versions/2")
    assert numbers(desk) == 1
    with desk.engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "negotiation", {**NEGOTIATION, "README.md": b"# Ours\n"})
    late.unmark("answer_wish", "{case.department}", "C")
    refused = late.send()
    assert refused.status_code == 409
    assert "Version 3 has become current" in refused.text
    assert numbers(desk) == 3
    late.form = Table._form(refused.text)
    assert late.send().status_code == 302, "whoever has looked at it sends the marks again"
    with desk.engine.read() as tx:
        made = bundles.current(tx, "negotiation")
    assert (made.number, made.files["README.md"]) == (4, b"# Ours\n")
    assert "{case.department}" not in str(yaml.safe_load(made.files["raci.yaml"])["activities"]["answer_wish"]["C"])


@pytest.mark.row("HND-1/shown")
def test_who_only_reads_sees_the_table_without_marks_to_set(app: Flask) -> None:
    page = Table(app, "li.na").page
    assert "<abbr title=" in page
    assert 'name="m-' not in page


LOOK = diagram(
    '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/><bpmn:userTask id="look" name="Look at it"/>'
    + flows("s > look > e"),
    process="look-at",
)
LINE = {"R": ["support/agent"], "A": "support/supervisor", "C": ["rnd/agent"], "I": ["product"]}


@pytest.mark.row("HND-1/shown", "HND-3/consulted")
def test_a_task_shows_its_line_and_the_advice_that_it_waits_for_or_has(app: Flask, desk: Loopdesk) -> None:
    """On the task's page, and the advice on the case's, too."""
    with desk.engine.begin() as tx:
        told = case.Report(channel="portal", title="No sound", description="Since noon", email="anna@aurora.example")
        number = case.open(SYSTEM, tx, told).number
        matrix_file = yaml.safe_dump({"activities": {"look": LINE}}).encode()
        bundles.deploy(SYSTEM, tx, "look-at", {"look-at.bpmn": LOOK, "raci.yaml": matrix_file})
        runner.start(SYSTEM, tx, "look-at", key=number)
    settle(desk)
    with desk.engine.read() as tx:
        tasks = {row["element"]: row["id"] for row in work.listing(SYSTEM, tx, key=number)}
    agent, engineer = as_person(app, "li.na"), as_person(app, "zhang.wei")
    page = agent.get(f"/tasks/{tasks['look']}").text
    line = re.sub(r"<[^>]+>|\s+", " ", page.split('<dl class="raci">')[1].split("</dl>")[0])
    assert re.search(r"R .*客户支持部 · 坐席.* A .*客户支持部 · 主管.* C .*研发部 · 坐席.* I .*产品部", line), line
    assert "研发部" in page.split('id="task-state"')[1].split("</div></div>")[0]
    with desk.engine.begin() as tx:
        work.complete(SYSTEM, tx, tasks["give_advice"], {"advice_text": "Check the cable."})
    assert "Check the cable." in agent.get(f"/tasks/{tasks['look']}").text
    assert "Check the cable." in engineer.get(f"/cases/{number}").text
