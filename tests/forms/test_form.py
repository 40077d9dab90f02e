"""Reading, checking and translating form files (issue 2, Forms and Language)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopdesk.engine.errors import Invalid
from loopdesk.forms.checks import check
from loopdesk.forms.form import read
from loopdesk.forms.translation import translate


def form(*components: object, **more: object) -> bytes:
    return json.dumps({"id": "f", "type": "default", "schemaVersion": 19, "components": components, **more}).encode()


def rules(data: bytes) -> list[tuple[str, str]]:
    return [(finding.element, finding.rule) for finding in check(data, file="f.form")]


def test_fields_in_the_order_of_the_page() -> None:
    f = read(
        form(
            {"type": "text", "text": "# Hello"},
            {"type": "group", "path": "a", "components": [{"type": "textfield", "key": "b", "label": "B"}]},
            {"type": "dynamiclist", "path": "rows", "components": [{"type": "number", "key": "n"}]},
            {"type": "button", "key": "send"},
        )
    )
    assert [item.key for item in f.fields] == ["a.b", "rows"]
    assert [column.key for column in f.fields[1].rows] == ["n"]
    assert f.id == "f"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"\xff\xfe", "form.json"),
        (b"[]", "form.json"),
        (b'{"components": 3}', "form.json"),
        (b"[" * 100_000, "form.json"),
        (b" " * 1_000_001, "form.size"),
        (form(schemaVersion=99), "form.version"),
        (form("text"), "form.component"),
        (form({"type": "iframe2", "key": "a"}), "form.type"),
    ],
)
def test_what_is_no_form_is_said_and_refused(data: bytes, rule: str) -> None:
    assert [finding.rule for finding in check(data, file="f.form")] == [rule]
    with pytest.raises(Invalid) as caught:
        read(data, file="f.form")
    assert caught.value.remedy
    assert caught.value.params["findings"]


def test_groups_that_never_end() -> None:
    spec: dict[str, Any] = {"type": "textfield", "key": "a"}
    for _ in range(30):
        spec = {"type": "group", "components": [spec]}
    assert rules(form(spec)) == [("", "form.depth")]


@pytest.mark.parametrize(
    ("component", "finding"),
    [
        ({"type": "textfield"}, ("", "form.key")),
        ({"type": "textfield", "key": "a b"}, ("a b", "form.key")),
        ({"type": "textfield", "key": "a", "validate": {"pattern": "(?=x)y"}}, ("a", "form.pattern")),
        ({"type": "number", "key": "a", "validate": {"min": 2, "max": 1}}, ("a", "form.bounds")),
        ({"type": "select", "key": "a"}, ("a", "form.options")),
        ({"type": "textfield", "key": "a", "conditional": {"hide": "=1 +"}}, ("a", "form.feel")),
        ({"type": "number", "key": "a", "validate": {"max": "=)"}}, ("a", "form.feel")),
        ({"type": "datetime", "key": "a", "disallowPassedDates": True}, ("a", "form.past")),
        ({"type": "textfield", "key": "case.title"}, ("case.title", "form.facts")),
        ({"type": "dynamiclist", "path": "a", "components": [{"type": "radio", "key": "b"}]}, ("b", "form.options")),
    ],
)
def test_each_rule_names_its_field(component: dict[str, Any], finding: tuple[str, str]) -> None:
    assert rules(form(component)) == [finding]


def test_keys_that_meet() -> None:
    text = {"type": "textfield", "key": "a"}
    assert rules(form(text, text)) == [("a", "form.key")]
    assert rules(form(text, {"type": "textfield", "key": "a.b"})) == [("a", "form.key")]


def test_a_finding_speaks_its_readers_language() -> None:
    finding = check(form({"type": "select", "key": "a", "label": "Where"}), file="f.form")[0]
    chinese = {
        "%(label)s has no options to choose from.": "“%(label)s”没有可选项。",
        "Add its options.": "请添加选项。",
    }
    assert finding.as_json(chinese.__getitem__)["message"] == "“Where”没有可选项。"


def test_words_of_a_language_replace_the_files_own() -> None:
    source: dict[str, Any] = {
        "id": "resolve",
        "components": [
            {"type": "text", "id": "intro", "text": "Read this"},
            {
                "type": "group",
                "components": [
                    {
                        "type": "radio",
                        "key": "outcome",
                        "label": "Outcome",
                        "values": [{"label": "Solved", "value": "solved"}, {"label": "Other", "value": "other"}],
                    }
                ],
            },
            {"type": "textfield", "key": "reason", "label": "Reason", "validate": {"pattern": "x"}},
        ],
    }
    texts = {
        "intro": {"text": "请阅读"},
        "outcome": {"label": "处理结果", "options": {"solved": "已解决"}},
        "reason": {"label": "原因"},
        "resolve.reason": {"label": "移交原因", "description": "一句话", "message": "请写 x"},
    }
    intro, group, reason = translate(source, texts)["components"]
    assert intro["text"] == "请阅读"
    outcome = group["components"][0]
    assert outcome["label"] == "处理结果"
    assert [option["label"] for option in outcome["values"]] == ["已解决", "Other"]
    assert (reason["label"], reason["description"]) == ("移交原因", "一句话")
    assert reason["validate"] == {"pattern": "x", "patternErrorMessage": "请写 x"}
    assert source["components"][2]["label"] == "Reason", "the file's own form is not changed"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["type", "key", "components", "validate", "values", "conditional", "path"]), inner
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_is_read_or_refused(document: object) -> None:
    check(json.dumps(document).encode(), file="f.form")
    check(form({"type": "group", "components": document}), file="f.form")
