"""Diagnosis trees as data: what ships is sound, what an owner gets wrong is said by name (DIA-2)."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from loopdesk.desk.classification import examples
from loopdesk.desk.diagnosis import checks, trees
from loopdesk.engine import bundles
from loopdesk.engine.errors import Invalid
from loopdesk.engine.findings import Finding
from loopdesk.tests.desk.house import WORKFLOWS

TYPES = examples.classes(bundles.read_folder(WORKFLOWS / "classification"))
BOTH = {"en": "Lights", "zh": "指示灯"}
Tree = dict[str, Any]


def _tree() -> Tree:
    return {
        "name": BOTH,
        "types": ["hardware"],
        "start": "lights",
        "steps": {
            "lights": {
                "ask": BOTH,
                "outcomes": {"on": {"name": BOTH, "next": "logs"}, "off": {"name": BOTH, "result": "power"}},
                "skip": "logs",
            },
            "logs": {"ask": BOTH, "outcomes": {"error": {"name": BOTH, "result": "part"}}},
        },
        "results": {"power": BOTH, "part": BOTH},
    }


def _check(tree: object) -> list[Finding]:
    return checks.check("diagnosis", {"printer.yaml": yaml.safe_dump(tree).encode()}, TYPES)


def test_the_shipped_trees_are_sound_and_hardware_goes_from_lights_over_logs_to_cabling() -> None:
    files = bundles.read_folder(WORKFLOWS / "diagnosis")
    assert checks.check("diagnosis", files, TYPES) == []
    keys = {path.removesuffix(".yaml") for path in files if trees.FILE.fullmatch(path)}
    assert keys == {"hardware", "network", "sign_in", "performance", "payment"}
    hardware = trees.read("hardware", files["hardware.yaml"])
    assert hardware.start == "lights"
    assert hardware.steps["lights"].outcomes["fault"].next == "logs"
    assert hardware.steps["logs"].outcomes["link_down"].next == "cabling"


def test_a_sound_tree_has_no_findings() -> None:
    assert _check(_tree()) == []


def _no_start(tree: Tree) -> None:
    tree["start"] = "nowhere"


def _unreachable(tree: Tree) -> None:
    tree["steps"]["alone"] = tree["steps"]["logs"]


def _unused_result(tree: Tree) -> None:
    tree["results"]["never"] = BOTH


def _circle(tree: Tree) -> None:
    tree["steps"]["logs"]["outcomes"]["again"] = {"name": BOTH, "next": "lights"}


def _circle_by_skipping(tree: Tree) -> None:
    tree["steps"]["logs"]["skip"] = "lights"


def _no_chinese(tree: Tree) -> None:
    tree["steps"]["lights"]["ask"] = {"en": "Lights"}


def _no_words(tree: Tree) -> None:
    del tree["results"]["power"]["zh"]


def _unknown_class(tree: Tree) -> None:
    tree["types"] = ["printers"]


def _no_class(tree: Tree) -> None:
    tree["types"] = []


def _into_nothing(tree: Tree) -> None:
    tree["steps"]["lights"]["outcomes"]["on"]["next"] = "cabling"


def _unknown_result(tree: Tree) -> None:
    tree["steps"]["lights"]["outcomes"]["off"]["result"] = "magic"


def _both_ways(tree: Tree) -> None:
    tree["steps"]["lights"]["outcomes"]["on"]["result"] = "power"


def _no_outcomes(tree: Tree) -> None:
    tree["steps"]["logs"]["outcomes"] = {}


@pytest.mark.parametrize(
    ("spoil", "rule", "said"),
    [
        (_no_start, "start", "nowhere"),
        (_unreachable, "unreachable", "alone"),
        (_unused_result, "unreachable", "never"),
        (_circle, "circle", "lights → logs → lights"),
        (_circle_by_skipping, "circle", "lights → logs → lights"),
        (_no_chinese, "name", "zh"),
        (_unknown_class, "types", "printers"),
        (_no_class, "types", "no class"),
        (_into_nothing, "way", "cabling"),
        (_unknown_result, "way", "magic"),
        (_both_ways, "way", "lights.on"),
        (_no_outcomes, "outcomes", "logs"),
    ],
)
def test_what_is_wrong_is_named(spoil: Callable[[Tree], None], rule: str, said: str) -> None:
    tree = yaml.safe_load(yaml.safe_dump(_tree()))
    spoil(tree)
    found = [one for one in _check(tree) if one.rule == f"diagnosis.{rule}"]
    assert found, _check(tree)
    assert any(said in str(one.as_json()["message"]) for one in found)
    assert {one.severity for one in found} == {"error"}
    assert all(one.remedy for one in found)


@pytest.mark.parametrize("content", [b"name: [", b"- a\n- b\n", b"steps: [a, b]", b"steps: {a: b}", b"\xff\xfe"])
def test_a_file_that_is_no_tree_is_refused_not_read(content: bytes) -> None:
    [found] = checks.check("diagnosis", {"printer.yaml": content}, TYPES)
    assert (found.file, found.rule) == ("printer.yaml", "diagnosis.file")
    with pytest.raises(Invalid):
        trees.read("printer", content)


def test_a_chain_of_twelve_hundred_steps_is_checked_all_the_same() -> None:
    steps: Tree = {
        f"s{number}": {"ask": BOTH, "outcomes": {"on": {"name": BOTH, "next": f"s{number + 1}"}}}
        for number in range(1_200)
    }
    steps["s1200"] = {"ask": BOTH, "outcomes": {"end": {"name": BOTH, "result": "done"}}}
    tree = _tree() | {"start": "s0", "steps": steps, "results": {"done": BOTH}}
    assert _check(tree) == []


def test_other_folders_are_none_of_its_business() -> None:
    assert checks.check("policies", {"sla.yaml": b"name: x"}, TYPES) == []
