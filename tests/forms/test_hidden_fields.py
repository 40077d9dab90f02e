"""Hidden, read-only and disabled fields take no answer (issue 2, Forms)."""

from loopdesk.forms.validation import validate
from loopdesk.tests.forms.answers import DECISION, REASON, form, wrong


def test_a_hidden_field_is_neither_required_nor_kept() -> None:
    f = form(DECISION, REASON)
    assert validate(f, {"decision": "accept", "reason": "smuggled in"}) == {"decision": "accept"}
    assert wrong(f, {"decision": "reject"}) == {"reason": ["This field is required."]}


def test_a_hidden_answer_does_not_show_other_fields() -> None:
    chain = form(DECISION, REASON, {"type": "textfield", "key": "deep", "conditional": {"hide": "=reason = null"}})
    assert validate(chain, {"decision": "accept", "reason": "x", "deep": "y"}) == {"decision": "accept"}


def test_an_answer_of_an_earlier_pass_does_not_count() -> None:
    scope = {"decision": "reject", "reason": "earlier"}
    assert validate(form(DECISION, REASON), {"decision": "accept"}, scope=scope) == {"decision": "accept"}
    assert wrong(form(DECISION, REASON), {"decision": "reject"}, scope=scope) == {"reason": ["This field is required."]}


def test_conditions_of_groups_hide_what_is_inside() -> None:
    f = form(
        DECISION,
        {"type": "group", "components": [{**REASON, "conditional": {}}], "conditional": REASON["conditional"]},
    )
    assert validate(f, {"decision": "accept"}) == {"decision": "accept"}


def test_read_only_fields_keep_the_value_of_the_scope() -> None:
    f = form(
        {"type": "textfield", "key": "customer.name", "readonly": True, "validate": {"required": True}},
        {"type": "textfield", "key": "customer.phone"},
        {"type": "textfield", "key": "other", "disabled": True},
        {"type": "textfield", "key": "locked", "readonly": "=done"},
    )
    submitted = {"customer": {"name": "Mallory", "phone": "1"}, "other": "x", "locked": "x"}
    scope = {"customer": {"name": "Li", "phone": "0", "tier": "vip"}, "done": True, "locked": "kept"}
    assert validate(f, submitted, scope=scope) == {"customer": {"name": "Li", "phone": "1"}, "locked": "kept"}


def test_facts_of_the_case_are_shown_and_never_answered() -> None:
    f = form({"type": "textfield", "key": "case.title", "readonly": True}, {"type": "textfield", "key": "note"})
    scope = {"case": {"title": "Broken"}}
    assert validate(f, {"case": {"title": "Hacked"}, "note": "n"}, scope=scope) == {"note": "n"}
