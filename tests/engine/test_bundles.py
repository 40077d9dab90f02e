"""Deployments: a folder is hashed, numbered, checked and kept for life (architecture §3; PRO rows)."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import pytest

from loopdesk.engine import bundles, instances, runner, work
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.bundle import NotDeployable
from loopdesk.engine.errors import Missing, Refused
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Call, Operation
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.engine.drawing import diagram, flows, inputs, service

OWNER = Actor("person", "olga", "Olga", frozenset({"owner"}))
AGENT = Actor("person", "ann", "Ann", frozenset({"agent"}))


def with_task(name: str) -> dict[str, bytes]:
    body = f'<bpmn:startEvent id="s"/><bpmn:userTask id="a" name="{name}"/><bpmn:endEvent id="e"/>' + flows("s > a > e")
    return {"p.bpmn": diagram(body)}


def test_each_change_is_a_new_number_and_the_same_files_are_the_same_deployment(engine: Engine) -> None:
    with engine.begin() as tx:
        first = bundles.deploy(OWNER, tx, "p", with_task("One"), note="start")
        assert bundles.deploy(OWNER, tx, "p", with_task("One")) == first
        second = bundles.deploy(OWNER, tx, "p", with_task("Two"))
        assert (first.number, second.number) == (1, 2)
    with engine.read() as tx:
        (row,) = bundles.listing(OWNER, tx)
        assert (row["name"], row["number"], row["author"], row["hash"]) == ("p", 2, "Olga", second.hash)
        assert bundles.export(OWNER, tx, "p") == with_task("Two")
        assert bundles.export(OWNER, tx, "p", 1) == with_task("One")


def test_two_people_who_deploy_at_once_get_two_numbers(engine: Engine) -> None:
    def deploy(name: str) -> int:
        with engine.begin() as tx:
            return bundles.deploy(OWNER, tx, "p", with_task(name)).number

    with ThreadPoolExecutor(2) as people:
        assert sorted(people.map(deploy, ["One", "Two"])) == [1, 2]
    with engine.read() as tx:
        assert [row["number"] for row in bundles.listing(OWNER, tx)] == [2]


def test_an_old_version_can_be_made_current_again(engine: Engine) -> None:
    with engine.begin() as tx:
        bundles.deploy(OWNER, tx, "p", with_task("One"))
        bundles.deploy(OWNER, tx, "p", with_task("Two"))
        again = bundles.deploy(OWNER, tx, "p", with_task("One"))
        assert again.number == 3
        assert bundles.current(tx, "p").id == again.id


def test_an_instance_keeps_its_version_for_life(engine: Engine) -> None:
    with engine.begin() as tx:
        bundles.deploy(OWNER, tx, "p", with_task("One"))
        old = runner.start(SYSTEM, tx, "p", key="L-1")
        bundles.deploy(OWNER, tx, "p", with_task("Two"))
        runner.start(SYSTEM, tx, "p", key="L-2")
        names = {row["key"]: row["name"]["en"] for row in work.listing(SYSTEM, tx)}
        assert names == {"L-1": "One", "L-2": "Two"}
        assert 'name="One"' in instances.diagram(tx, old, "en")


def test_errors_of_the_checker_forbid_the_deployment(engine: Engine) -> None:
    broken = diagram('<bpmn:startEvent id="s"/><bpmn:serviceTask id="t" name="Call"/>' + flows("s > t"))
    with pytest.raises(NotDeployable, match="Call") as caught, engine.begin() as tx:
        bundles.deploy(OWNER, tx, "p", {"p.bpmn": broken})
    assert {finding.rule for finding in caught.value.findings} == {"draft.operation", "style.end"}
    assert "(errors: 1)" in str(caught.value), "which reads well for one, too"
    with engine.read() as tx, pytest.raises(Missing):
        bundles.current(tx, "p")


def test_an_operation_must_exist_and_fit_its_inputs(engine: Engine) -> None:
    body = '<bpmn:startEvent id="s"/>{}<bpmn:endEvent id="e"/>' + flows("s > t > e")

    def close(actor: Actor, tx: Tx, call: Call, /, *, reason: str = "") -> None: ...

    engine.host.operations = {"case.close": cast(Operation, close)}

    def rules(task: str) -> list[str]:
        files = {"p.bpmn": diagram(body.format(task))}
        return [finding.rule for finding in bundles.check(None, "p", files, engine.host)]

    assert rules(service("t", "case.close", inputs(reason="=1"))) == []
    assert rules(service("t", "case.shut")) == ["task.operation"]
    assert rules(service("t", "case.close", inputs(why="=1"))) == ["task.inputs"]


def test_what_the_upper_rooms_find_counts_too(engine: Engine) -> None:
    engine.host.check = lambda tx, name, files: [
        Finding("raci.yaml", "a", "", "raci.line", "error", "No line.", "Add one.")
    ]
    with pytest.raises(NotDeployable, match="No line"), engine.begin() as tx:
        bundles.deploy(OWNER, tx, "p", with_task("One"))


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        ({}, "bundle.empty"),
        ({"../p.bpmn": b""}, "bundle.path"),
        ({"/etc/passwd": b""}, "bundle.path"),
        ({f"{n}.txt": b"" for n in range(501)}, "bundle.size"),
        ({"big.txt": b"x" * (20 * 1024 * 1024 + 1)}, "bundle.size"),
        ({"texts.zh.yaml": b"a: ["}, "texts.syntax"),
        ({"texts.zh.yaml": b"a: {name: A, name: B}"}, "yaml.twice"),
        ({"words.yaml": b"a:\n  - {b: 1}\n  - {b: 1, c: {b: 1, d: 2, b: 3}}"}, "yaml.twice"),
        ({"words.yaml": b"a: &a {b: 1}\nc: {<<: *a, b: 2}"}, None),
        ({"q.bpmn": with_task("One")["p.bpmn"]}, None),
        ({"p.bpmn": with_task("One")["p.bpmn"].replace(b'id="p"', b'id="other"')}, "bundle.process"),
        ({"p.dmn": b"not a table"}, "dmn.file"),
    ],
)
def test_a_folder_that_is_none(engine: Engine, files: dict[str, bytes], rule: str | None) -> None:
    found = [finding.rule for finding in bundles.check(None, "p", files, engine.host)]
    assert found == ([rule] if rule else [])


def test_only_process_owners_deploy(engine: Engine) -> None:
    with pytest.raises(Refused), engine.begin() as tx:
        bundles.deploy(AGENT, tx, "p", with_task("One"))


def test_names_and_descriptions_come_in_each_language(engine: Engine) -> None:
    texts = "a: {name: 询问, expectedResult: 已答复, options: {x: 甲}}\n".encode()
    with engine.begin() as tx:
        bundles.deploy(OWNER, tx, "p", {**with_task("Ask"), "texts.zh.yaml": texts})
        instance = runner.start(SYSTEM, tx, "p", key="L-1")
        made = bundles.current(tx, "p")
        assert bundles.text(made, "a", "name", "zh") == "询问"
        assert bundles.text(made, "a", "option.x", "zh") == "甲"
        assert bundles.text(made, "a", "name", "en") == bundles.text(made, "a", "name", "fr") == "Ask"
        assert bundles.text(made, "nobody", "name", "zh") == ""
        (task,) = work.listing(SYSTEM, tx)
        assert task["name"] == {"en": "Ask", "zh": "询问"}
        assert task["expected"]["zh"] == "已答复"
        assert 'name="询问"' in instances.diagram(tx, instance, "zh")


def test_shipped_folders_never_replace_an_owners_edit(engine: Engine, tmp_path: Path) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()

    def ship(name: str) -> None:
        for folder in ("p", "policies"):
            (shipped / folder).mkdir(exist_ok=True)
        (shipped / "p" / "p.bpmn").write_bytes(with_task(name)["p.bpmn"])
        (shipped / "policies" / "levels.yaml").write_text(name)
        (shipped / "p" / ".hidden").write_text("x")

    def seeded() -> list[str]:
        with engine.begin() as tx:
            return [made.name for made in bundles.seed(tx, shipped)]

    ship("One")
    assert seeded() == ["policies", "p"], "what others refer to comes first"
    assert seeded() == []
    ship("Two")
    assert seeded() == ["policies", "p"]
    with engine.begin() as tx:
        bundles.deploy(OWNER, tx, "p", with_task("Olga's"))
    ship("Three")
    assert seeded() == ["policies"]
    with engine.read() as tx:
        assert bundles.export(OWNER, tx, "p") == with_task("Olga's")
