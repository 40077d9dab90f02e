"""A folder says which words a language lacks (architecture §3, Languages)."""

import json

import pytest
import yaml

from loopdesk.forms.gaps import check
from loopdesk.tests.scenarios.shipped import files_of

FORM = json.dumps(
    {
        "id": "resolve",
        "components": [
            {"type": "radio", "key": "outcome", "label": "What next?", "values": [{"label": "Solved", "value": True}]}
        ],
    }
).encode()


def gaps(form: bytes, texts: object) -> list[str]:
    findings = check({"resolve.form": form, "texts.zh.yaml": yaml.safe_dump(texts).encode()})
    return [str(finding.as_json()["message"]) for finding in findings]


def test_each_missing_word_is_named() -> None:
    assert gaps(FORM, {}) == ["“What next?” has no word in zh.", "“Solved” has no word in zh."]
    assert gaps(FORM, {"outcome": {"label": "下一步"}}) == ["“Solved” has no word in zh."]
    remedy = check({"resolve.form": FORM, "texts.zh.yaml": b"{}"})[1].as_json()["remedy"]
    assert remedy == "Add options.True under resolve.outcome to texts.zh.yaml."


@pytest.mark.parametrize("key", ["outcome", "resolve.outcome"])
def test_a_complete_entry_leaves_nothing_to_say(key: str) -> None:
    assert gaps(FORM, {key: {"label": "下一步", "options": {True: "已解决"}}}) == []


def test_elements_and_ways_of_a_diagram_are_words_too() -> None:
    files = dict(files_of("handoff"))
    texts = yaml.safe_load(files["texts.zh.yaml"])
    del texts["confirm"]["name"], texts["accept"]["expectedResult"], texts["decision_is_to_accept"]
    files["texts.zh.yaml"] = yaml.safe_dump(texts, allow_unicode=True).encode()
    found = {(finding.element, finding.rule, finding.severity) for finding in check(files)}
    assert found == {(id_, "texts.gap", "warning") for id_ in ("confirm", "accept", "decision_is_to_accept")}


def test_a_word_that_is_changed_where_nobody_reads_it_is_named() -> None:
    """Both languages have a text of their own for it; a changed label in the form alone changed nothing on the page."""
    files = dict(files_of("closure"))
    assert check(files) == []
    for form in ("retest.form", "check-stable.form"):
        files[form] = files[form].replace(b"What you see", b"What you saw")
    files["closure.bpmn"] = files["closure.bpmn"].replace(b'name="Take it back"', b'name="Send it back"')
    found = [finding.as_json() for finding in check(files)]
    assert {(row["element"], row["rule"], row["severity"]) for row in found} == {
        ("note", "texts.unseen", "warning"),
        ("take_back", "texts.unseen", "warning"),
    }
    assert "“What you saw” is shown to nobody: texts.en.yaml says “What you see”." in [row["message"] for row in found]
    files["texts.en.yaml"] = files["texts.en.yaml"].replace(b"What you see", b"What you saw")
    assert [row.element for row in check(files)] == ["take_back"]


def test_a_folder_drawn_in_a_language_of_its_own_is_left_alone() -> None:
    texts = {"en": {"outcome": {"label": "What next?", "options": {True: "Solved"}}}}
    texts["zh"] = {"outcome": {"label": "下一步", "options": {True: "已解决"}}}
    form = FORM.replace(b"What next?", b"Was nun?").replace(b"Solved", b"Erledigt")
    files = {f"texts.{language}.yaml": yaml.safe_dump(said).encode() for language, said in texts.items()}
    assert check({"resolve.form": form, **files}) == []


def test_files_that_cannot_be_read_are_left_to_their_own_check() -> None:
    assert gaps(b"{", {}) == []
    assert gaps(b'{"components": [3, {"values": 1}]}', {}) == []
    assert check({"resolve.form": FORM, "texts.zh.yaml": b"- a"}) == []
