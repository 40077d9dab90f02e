"""Python scripts run in a sandbox when the house allows them: what goes in and out, and what stops them (issue 4)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from loopdesk.engine import bundles, incidents, trial
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.bundle import NotDeployable
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Invalid
from loopdesk.engine.scripts import Sandbox
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import diagram, flows
from loopdesk.tests.engine.steps import END, START, data_of, deploy, start, status, work_off


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(seconds=0.3)
    yield sandbox
    sandbox.close()


def drawn(source: str, result: str = "") -> str:
    more = f' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" camunda:resultVariable="{result}"' if result else ""
    script = f'<bpmn:scriptTask id="t" scriptFormat="python"{more}><bpmn:script><![CDATA[{source}]]></bpmn:script>'
    return START + '<bpmn:userTask id="a"/>' + script + "</bpmn:scriptTask>" + END + flows("s > t > a > e")


def test_what_a_script_assigns_at_top_level_comes_out_as_json(sandbox: Sandbox) -> None:
    source = """
import datetime
total = sum(line["price"] * line["count"] for line in lines)
if total > 100:
    level = "big"
for line in lines:
    _inner = line
def helper(x):
    hidden = x
    return x + 1
more = helper(1)
kinds = {"b", "a"}
pair = (1, 2.5, None)
day = datetime.date(2026, 3, 9)
"""
    lines = [{"price": Decimal("19.5"), "count": Decimal(10)}]
    found = sandbox.run(source, {"lines": lines, "unused": object()})
    assert found.pop("line") == {"price": 19.5, "count": 10}
    assert found == {
        "total": 195.0, "level": "big", "more": 2, "kinds": ["a", "b"], "pair": [1, 2.5, None], "day": "2026-03-09"
    }  # fmt: skip


def test_moments_go_in_as_text(sandbox: Sandbox) -> None:
    source = "from datetime import datetime\nhour = datetime.fromisoformat(at).hour"
    assert sandbox.run(source, {"at": datetime(2026, 3, 9, 14, tzinfo=UTC)}) == {"hour": 14}


def test_a_variable_that_was_not_assigned_stays_away(sandbox: Sandbox) -> None:
    assert sandbox.run("if False:\n    x = 1\ny = 2", {}) == {"y": 2}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("while True:\n    pass", "time limit"),
        ("x = 'a'\nwhile True:\n    x = x + x", "memory limit"),
        ("x = [0] * 10**9", "memory limit"),
        ("def f(n):\n    return f(n + 1)\nx = f(0)", "recursion"),
        ("x = ().__class__.__mro__", "no attribute '__class__'"),
        ("x = open('/etc/passwd').read()", "Permission denied"),
        ("x = __import__('os')", "not defined"),
        ("x = 1 / 0", "division by zero"),
        ("x = missing", "missing"),
        ("raise ValueError('no such customer')", "no such customer"),
        ("import os\nx = os.environ", "imports “os”"),
        ("from subprocess import run", "imports “subprocess”"),
        ("from . import x", "imports “.”"),
        ("x =", "not Python"),
        ("x = 1\n" * 60_000, "longer than"),
        ("class C:\n    pass\nx = C()", "no variable can hold"),
    ],
)
def test_what_must_not_be_is_stopped_and_says_why(sandbox: Sandbox, source: str, reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        sandbox.run(source, {})
    assert reason in caught.value.text()
    assert caught.value.remedy_text()
    assert sandbox.run("x = 1", {}) == {"x": 1}, "the next script is none the worse"


def test_a_house_that_does_not_allow_scripts_refuses_their_deployment(engine: Engine) -> None:
    with engine.begin() as tx, pytest.raises(NotDeployable) as caught:
        bundles.deploy(SYSTEM, tx, "p", {"p.bpmn": diagram(drawn("x = 1"), process="p")})
    (finding,) = [found for found in caught.value.findings if found.severity == "error"]
    assert (finding.rule, finding.element) == ("script.python", "t")
    assert "LOOPDESK_PYTHON_SCRIPTS=1" in finding.remedy


def test_a_script_that_cannot_run_is_a_finding_of_its_deployment(engine: Engine, sandbox: Sandbox) -> None:
    engine.host.run_script = sandbox.run
    with engine.begin() as tx, pytest.raises(NotDeployable) as caught:
        bundles.deploy(SYSTEM, tx, "p", {"p.bpmn": diagram(drawn("import os"), process="p")})
    assert [found.rule for found in caught.value.findings if found.severity == "error"] == ["script.python"]


def test_a_script_task_writes_variables_or_its_result(engine: Engine, sandbox: Sandbox) -> None:
    engine.host.run_script = sandbox.run
    deploy(engine, drawn("fee = round(amount * 0.06, 2)\nnote = 'fee ' + str(fee)"))
    assert data_of(engine, start(engine, amount=50))["note"] == "fee 3.0"
    deploy(engine, drawn("x = 1\nresult = {'fee': amount + x}", result="bill"), name="q")
    assert data_of(engine, start(engine, "q", amount=50)) == {"amount": 50, "bill": {"fee": 51}}


def test_an_endless_script_is_an_incident_that_says_why_and_the_step_is_undone(
    engine: Engine, sandbox: Sandbox, clock: VirtualClock
) -> None:
    engine.host.run_script = sandbox.run
    timer = "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1S</bpmn:timeDuration></bpmn:timerEventDefinition>"
    wait = f'<bpmn:intermediateCatchEvent id="w">{timer}</bpmn:intermediateCatchEvent>'
    body = drawn("while True:\n    pass").replace(START, START + wait)
    deploy(engine, body.replace(flows("s > t > a > e"), flows("s > w > t > a > e")))
    instance = start(engine)
    clock.advance(timedelta(seconds=2))
    work_off(engine)
    assert status(engine, instance) == "active"
    with engine.read() as tx:
        (incident,) = incidents.of_instance(tx, instance)
    assert "time limit" in incident["params"]["reason"]


def tried(source: str, **more: Any) -> trial.Outcome:
    return trial.run({"p.bpmn": diagram(drawn(source), process="p")}, "p.bpmn", trial.Order("p", **more))


def test_a_trial_runs_the_script_where_the_house_allows_it_and_tells_it_elsewhere(sandbox: Sandbox) -> None:
    assert tried("x = 6 * 7", run_script=sandbox.run).told.data == {"x": 42}
    told = tried("x = 6 * 7").told
    assert (told.data, [row["element"] for row in told.effects]) == ({}, ["t"])
    assert tried("x = 6 * 7", answers={"t": [{"x": 1}]}).told.data == {"x": 1}
