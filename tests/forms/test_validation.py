"""Answers of a submission against the form file (issue 2, Forms): types, required, bounds, options, lists, files."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopdesk.engine.errors import Invalid, Phrase
from loopdesk.forms.validation import validate
from loopdesk.tests.forms.answers import DECISION, REASON, form, wrong

TITLE = {"type": "textfield", "key": "title", "label": "Title", "validate": {"required": True, "maxLength": 10}}


def test_a_clean_answer_comes_back_and_unknown_keys_are_dropped() -> None:
    assert validate(form(TITLE), {"title": "Broken", "priority": "P0"}) == {"title": "Broken"}


@pytest.mark.parametrize("nothing", [None, "", "   ", []])
def test_null_blank_and_empty_are_no_answer(nothing: object) -> None:
    assert wrong(form(TITLE), {"title": nothing}) == {"title": ["This field is required."]}
    optional = {**TITLE, "validate": {}}
    assert validate(form(optional), {"title": nothing}) == {}


def test_a_message_keeps_its_gettext_id_and_values() -> None:
    message = wrong(form(TITLE), {"title": "x" * 11})["title"][0]
    assert message == "Write at most 10 characters."
    assert isinstance(message, Phrase)
    assert (
        message.text({"Write at most %(count)s characters.": "最多 %(count)s 个字。"}.__getitem__) == "最多 10 个字。"
    )


def test_dotted_keys_and_group_paths_nest() -> None:
    f = form(
        {"type": "textfield", "key": "customer.number"},
        {"type": "group", "path": "impact", "components": [{"type": "number", "key": "users"}]},
    )
    data = {"customer": {"number": "C-1"}, "impact": {"users": 3}}
    assert validate(f, {**data, "customer": {"number": "C-1", "tier": "vip"}}) == data


@pytest.mark.parametrize(
    ("rules", "value", "message"),
    [
        ({"minLength": 3}, "ab", "Write at least 3 characters."),
        ({"pattern": "^C-[0-9]+$"}, "D-1", "This must match the pattern ^C-[0-9]+$."),
        ({"pattern": "^C", "patternErrorMessage": "100 % wrong"}, "D", "100 % wrong"),
        ({"pattern": r"^[\u4e00-\u9fff]+$"}, "abc", r"This must match the pattern ^[\u4e00-\u9fff]+$."),
        ({"validationType": "email"}, "me@", "This is not an e-mail address."),
        ({"validationType": "phone"}, "12", "This is not an international phone number, such as +8613800138000."),
        ({}, 7, "A text is expected."),
        ({}, "a\x00b", "This text holds characters that cannot be stored."),
        ({}, "a\ud800b", "This text holds characters that cannot be stored."),
        (
            {},
            "x" * 1_000_000,
            "This text is too long: at most 100000 characters. Attach a file instead.",
        ),
    ],
)
def test_texts(rules: Mapping[str, Any], value: object, message: str) -> None:
    assert wrong(form({"type": "textarea", "key": "a", "validate": rules}), {"a": value}) == {"a": [message]}


def test_right_texts_pass() -> None:
    f = form(
        {"type": "textfield", "key": "mail", "validate": {"validationType": "email"}},
        {"type": "textfield", "key": "phone", "validate": {"validationType": "phone"}},
        {"type": "textfield", "key": "name", "validate": {"pattern": r"^[\u4e00-\u9fff]+$"}},
    )
    data = {"mail": "li@example.cn", "phone": "+8613800138000", "name": "张伟"}
    assert validate(f, data) == data


def test_a_pattern_cannot_hang_the_server() -> None:
    f = form({"type": "textfield", "key": "a", "validate": {"pattern": "^(a+)+$"}})
    assert "a" in wrong(f, {"a": "a" * 50_000 + "!"})


@pytest.mark.parametrize(
    ("spec", "value", "expected"),
    [
        ({}, 3, 3),
        ({}, "3", 3),
        ({}, 0.1, 0.1),
        ({}, 2.0, 2),
        ({"serializeToString": True}, "12.50", "12.50"),
        ({"validate": {"min": 0.1}}, 0.1, 0.1),
        ({"increment": "0.1"}, 0.3, 0.3),
        ({"validate": {"max": "=limit"}}, 5, 5),
    ],
)
def test_right_numbers(spec: Mapping[str, Any], value: object, expected: object) -> None:
    result = validate(form({"type": "number", "key": "n", **spec}), {"n": value}, scope={"limit": 5})
    assert result == {"n": expected}
    assert type(result["n"]) is type(expected)


@pytest.mark.parametrize(
    ("spec", "value", "message"),
    [
        ({}, True, "A number is expected."),
        ({}, "NaN", "A number is expected."),
        ({}, "1e999999999", "A number is expected."),
        ({}, [1], "A number is expected."),
        ({"validate": {"min": 1}}, 0, "The least allowed is 1."),
        ({"validate": {"max": 10}}, 10.5, "The most allowed is 10."),
        ({"validate": {"max": "=limit"}}, 6, "The most allowed is 5."),
        ({"decimalDigits": 1}, 0.25, "At most 1 decimal places are allowed."),
        ({"increment": "5"}, 7, "Only steps of 5 are allowed."),
    ],
)
def test_wrong_numbers(spec: Mapping[str, Any], value: object, message: str) -> None:
    f = form({"type": "number", "key": "n", **spec})
    assert wrong(f, {"n": value}, scope={"limit": 5}) == {"n": [message]}


@pytest.mark.parametrize(
    ("subtype", "right", "bad"),
    [
        ("date", "2026-02-28", "2026-02-30"),
        ("time", "14:30+08:00", "25:00"),
        ("datetime", "2026-02-28T14:30+08:00", "yesterday"),
        ("datetime", "2026-02-28T14:30", 20260228),
    ],
)
def test_moments(subtype: str, right: str, bad: object) -> None:
    f = form({"type": "datetime", "key": "at", "subtype": subtype})
    assert validate(f, {"at": right}) == {"at": right}
    assert wrong(f, {"at": bad})["at"][0].startswith("A ")


OUTCOMES = [{"label": "Solved", "value": "solved"}, {"label": "Hand over", "value": "hand_over"}]


@pytest.mark.parametrize("kind", ["select", "radio"])
def test_one_of_the_options(kind: str) -> None:
    f = form({"type": kind, "key": "outcome", "values": OUTCOMES})
    assert validate(f, {"outcome": "solved"}) == {"outcome": "solved"}
    assert wrong(f, {"outcome": "deleted"}) == {"outcome": ["Choose one of the options."]}
    assert wrong(f, {"outcome": {"x": 1}}) == {"outcome": ["Choose one of the options."]}


@pytest.mark.parametrize("kind", ["checklist", "taglist"])
def test_several_of_the_options(kind: str) -> None:
    f = form({"type": kind, "key": "informed", "values": OUTCOMES, "validate": {"required": True}})
    assert validate(f, {"informed": ["solved", "hand_over"]}) == {"informed": ["solved", "hand_over"]}
    assert wrong(f, {"informed": ["solved", "x"]}) == {"informed": ["Choose among the options."]}
    assert wrong(f, {"informed": "solved"}) == {"informed": ["Choose among the options."]}
    assert wrong(f, {"informed": []}) == {"informed": ["This field is required."]}


def test_options_from_the_scope() -> None:
    scope = {"departments": [{"label": "R&D", "value": "rnd"}, "legal"]}
    by_key = form({"type": "select", "key": "to", "valuesKey": "departments"})
    by_feel = form({"type": "select", "key": "to", "valuesExpression": '=["rnd", "legal"]'})
    for f in (by_key, by_feel):
        assert validate(f, {"to": "rnd"}, scope=scope) == {"to": "rnd"}
        assert wrong(f, {"to": "finance"}, scope=scope) == {"to": ["Choose one of the options."]}


def test_true_is_not_the_option_one() -> None:
    stars = form({"type": "radio", "key": "stars", "values": [{"label": str(n), "value": n} for n in range(1, 6)]})
    assert validate(stars, {"stars": 1}) == {"stars": 1}
    assert wrong(stars, {"stars": True}) == {"stars": ["Choose one of the options."]}


def test_a_required_signature_must_be_ticked() -> None:
    signed = form({"type": "checkbox", "key": "signed", "validate": {"required": True}})
    assert validate(signed, {"signed": True}) == {"signed": True}
    assert wrong(signed, {"signed": False}) == {"signed": ["This field is required."]}
    assert wrong(signed, {"signed": "yes"}) == {"signed": ["Ticked or not ticked is expected."]}
    assert validate(form({"type": "checkbox", "key": "signed"}), {"signed": False}) == {"signed": False}


def test_files_by_their_key_or_by_name() -> None:
    f = form({"type": "filepicker", "key": "logs", "multiple": True, "accept": ".log,.png"})
    files = {"files::1": ["a.log", "B.PNG"]}
    assert validate(f, {"logs": "files::1"}, files=files) == {"logs": ["a.log", "B.PNG"]}
    assert validate(f, {"logs": ["a.log"]}) == {"logs": ["a.log"]}
    gone = ["The files did not arrive. Choose them again."]
    assert wrong(f, {"logs": "files::2"}, files=files) == {"logs": gone}
    assert "a.exe" in wrong(f, {"logs": ["a.exe"]})["logs"][0]
    single = form({"type": "filepicker", "key": "logs"})
    assert wrong(single, {"logs": ["a", "b"]}) == {"logs": ["Only one file is allowed here."]}


STEPS = {
    "type": "dynamiclist",
    "path": "steps",
    "isRepeating": True,
    "components": [
        {"type": "textfield", "key": "what", "validate": {"required": True}},
        {"type": "checkbox", "key": "done"},
        {"type": "textfield", "key": "why", "validate": {"required": True}, "conditional": {"hide": "=done"}},
    ],
}


def test_each_row_of_a_list_is_a_small_form() -> None:
    f = form(STEPS)
    rows = [{"what": "restart", "done": True, "why": "x", "id": 3}, {"what": "wait", "done": False, "why": "night"}]
    assert validate(f, {"steps": rows}) == {
        "steps": [{"what": "restart", "done": True}, {"what": "wait", "done": False, "why": "night"}]
    }
    assert wrong(f, {"steps": [rows[0], {"done": False}]}) == {
        "steps.1.what": ["This field is required."],
        "steps.1.why": ["This field is required."],
    }
    assert wrong(f, {"steps": "x"}) == {"steps": ["A list of rows is expected."]}
    assert wrong(f, {"steps": [{"what": "x"}] * 201}) == {"steps": ["At most 200 rows are allowed."]}


def test_keys_that_are_words_of_the_schema_class_work() -> None:
    keys = ["Meta", "load", "fields", "opts", "answers"]
    f = form(*({"type": "textfield", "key": key} for key in keys))
    assert validate(f, dict.fromkeys(keys, "x")) == dict.fromkeys(keys, "x")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
EVERYTHING = form(
    TITLE,
    STEPS,
    DECISION,
    REASON,
    {"type": "number", "key": "n", "increment": "0.5", "decimalDigits": 2, "validate": {"min": 0}},
    {"type": "datetime", "key": "at", "subtype": "time"},
    {"type": "taglist", "key": "tags", "values": OUTCOMES},
    {"type": "filepicker", "key": "logs"},
)


@given(st.fixed_dictionaries({}, optional={item.key: JSON_VALUES for item in EVERYTHING.fields}))
def test_any_submission_is_cleaned_or_invalid(data: dict[str, Any]) -> None:
    try:
        clean = validate(EVERYTHING, data)
    except Invalid as error:
        told = error.fields
        clean = {}
    else:
        told = {"": []}
        assert validate(EVERYTHING, clean) == clean
    assert told
