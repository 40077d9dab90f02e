"""INT-4: the shipped examples are what they claim to be, and bad ones are refused with a word on what to do."""

import json
import re
from collections import Counter

import pytest
from lxml import etree

from loopdesk.desk.classification import trained
from loopdesk.desk.classification.examples import BUNDLE, check, classes, digest, file_of, read
from loopdesk.desk.classification.guess import SHIPPED
from loopdesk.desk.classification.model import unpacked
from loopdesk.engine import bundles
from loopdesk.tests.desk.house import WORKFLOWS
from loopdesk.tests.house.source import ROOT

FILES = bundles.read_folder(WORKFLOWS / BUNDLE)
NAMES = b"billing: {name: Billing}\nfault: {name: Fault}\n"
HEAD = "class,theme,text\n"
GOOD = HEAD + "billing,b1,invoice\nbilling,b2,refund\nfault,f1,crash\nfault,f2,error\n"


def rules(table: str | bytes, **further: bytes) -> list[str]:
    """The rules that a set of examples breaks; each finding says what to do."""
    content = table.encode() if isinstance(table, str) else table
    found = check(BUNDLE, {"examples.en.csv": content, "texts.en.yaml": NAMES, **further})
    assert all(finding.remedy and finding.severity == "error" for finding in found)
    return [f"{finding.element}:{finding.rule.removeprefix('classification.')}".lstrip(":") for finding in found]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_class_has_its_texts_in_pairs_of_one_theme(language: str) -> None:
    examples = read(FILES[file_of(language)], "x")
    texts = Counter(example.label for example in examples)
    assert len(texts) >= 8
    assert min(texts.values()) >= 40
    assert set(Counter((example.label, example.theme) for example in examples).values()) == {2}
    assert set(texts) == set(classes(FILES))
    assert check(BUNDLE, FILES) == []


def test_the_classes_are_the_types_of_triage_and_routing() -> None:
    form = json.loads((WORKFLOWS / "intake" / "triage.form").read_text("utf-8"))
    for key in ("type", "proposed"):
        [field] = [item for item in form["components"] if item.get("key") == key]
        assert {value["value"] for value in field["values"]} == {*classes(FILES), "other"}
    space = {"dmn": "https://www.omg.org/spec/DMN/20191111/MODEL/"}
    rows = etree.parse(WORKFLOWS / "intake" / "routing.dmn").findall(".//dmn:rule", space)
    given = {row.find("dmn:outputEntry/dmn:text", space).text.strip('"') for row in rows}  # type: ignore[union-attr]
    assert given == {*classes(FILES), "other"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_models_and_page_were_made_of_these_examples(language: str) -> None:
    """Else: ``python -m loopdesk.scripts.classification``."""
    told = digest(FILES, language)
    about = unpacked(trained.shipped(SHIPPED, BUNDLE, language)).about
    assert about["digest"] == told
    page = (ROOT / "docs" / "classification.md").read_text("utf-8")
    assert f"`{told[:16]}`" in page
    assert re.search(rf"Macro-F1 \*\*{about['score']:.3f}\*\*", page)


def test_a_good_set_has_no_finding() -> None:
    assert rules(GOOD) == []
    assert rules(GOOD.encode("utf-8-sig")) == []


def test_bad_training_sets_are_told_with_a_remedy() -> None:
    assert rules(HEAD) == ["empty"]
    assert rules("") == ["file"]
    assert rules("type,text\nbilling,invoice\n") == ["file"]
    assert rules(GOOD + "gossip,g1,news\n") == ["6:class"]
    assert rules(GOOD + "fault,f3,CRASH\n") == ["6:duplicate"]
    assert rules(GOOD + "fault,f3\n") == ["6:empty"]
    assert rules(GOOD.encode("utf-16")) == ["file"]
    assert rules(GOOD.encode() + "fault,f3,größer\n".encode("latin-1")) == ["file"]
    assert rules(GOOD + 'fault,f3,"never closed\n') == ["file"]
    assert rules(GOOD, **{"examples.fr.csv": GOOD.encode()}) == ["language"]


def test_a_class_with_one_example_is_told() -> None:
    assert rules(HEAD + "billing,b1,invoice\nbilling,b2,refund\nfault,f1,crash\n") == ["fault:few"]
    assert rules(HEAD + "billing,b1,invoice\nbilling,b2,refund\n") == ["fault:few", "few"]


def test_an_empty_folder_is_told() -> None:
    [finding] = check(BUNDLE, {"README.md": b""})
    assert finding.rule == "classification.empty"
    assert check("intake", {"README.md": b""}) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("confidence: 0.6\ncorrections: 20", []),
        ("confidence: high", ["confidence"]),
        ("confidence: 60", ["confidence"]),
        ("corrections: 0", ["corrections"]),
        ("corrections: 1.5", ["corrections"]),
        ("- 1", [""]),
    ],
)
def test_figures_that_mean_nothing_are_told(text: str, wrong: list[str]) -> None:
    assert [finding.element for finding in check("policies", {"classification.yaml": text.encode()})] == wrong
