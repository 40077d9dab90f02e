"""What staff read names things as people do: no codes, no internal names (findings of an operator's trial)."""

import pytest

from loopdesk.desk import rights, sending
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Refused
from loopdesk.web.pages import timeline


@pytest.mark.parametrize("reason", [sending.NOBODY, sending.NO_ADDRESS, sending.MACHINE, sending.TOO_MANY])
def test_a_message_that_is_held_says_why_in_words(reason: str) -> None:
    assert timeline.UNREACHED[reason].startswith("Not sent: ")


def test_who_may_not_is_told_so_without_an_internal_name() -> None:
    with pytest.raises(Refused) as refusal:
        rights.require(Actor("person", "li", "Li", frozenset({"agent"})), "people.change")
    assert refusal.value.text() == "You may not do this."
    assert refusal.value.remedy
