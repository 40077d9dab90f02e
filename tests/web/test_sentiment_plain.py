"""Plain words of discontent are low, plain praise is not, though no shipped example has them (COM-6)."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from loopdesk.desk.classification.examples import read
from loopdesk.desk.sentiment import moods
from loopdesk.engine import bundles
from loopdesk.tests.web.test_sentiment import look, moods_of, policy, recoveries, reported, says
from loopdesk.web.cli._desk import group_for
from loopdesk.web.wiring import Loopdesk

DISCONTENT = (
    "We are very dissatisfied.",
    "We are not satisfied with this.",
    "I am not happy.",
    "Very dissatisfied",
    "我们非常不满意",
    "不满意",
    "太差了",
    "服务太差",
    "我很失望",
)
FAR = (
    "We are not at all satisfied with this.",
    "I am not in any way happy with this.",
    "I cannot say that I am happy.",
    "We are anything but satisfied with this.",
    "一点也不满意",
    "并不怎么满意",
    "我们不是很满意",
    "谈不上满意",
)
"""The negation stands away from its word."""
SHORT = ("很慢", "很差", "登录很慢", "系统很卡", "打不开")
"""So few characters that each counts: 很 stood in praise only, and 很慢 was shown as positive."""
PRAISE = ("We are very satisfied.", "Not bad at all, thank you.", "我们非常满意", "满意", "服务很好", "不错")
"""Plain words; none of these stands in the shipped examples, which a test sees to."""


@pytest.mark.row("COM-6/threshold")
def test_plain_words_of_discontent_are_below_the_threshold_and_praise_is_not(light_desk: Loopdesk) -> None:
    with light_desk.engine.read() as tx:
        files = bundles.current(tx, moods.BUNDLE).files
    learnt = {one.text for name in ("examples.en.csv", "examples.zh.csv") for one in read(files[name], name)}
    assert not learnt & {*DISCONTENT, *FAR, *SHORT, *PRAISE}, "what is asked was not learnt by heart"
    commands = group_for(light_desk)

    def asked(text: str) -> dict[str, Any]:
        answer = CliRunner().invoke(commands, ["sentiment", "--json", text])
        assert answer.exit_code == 0, answer.output
        found: dict[str, Any] = json.loads(answer.output)
        return found

    low = {text: asked(text) for text in (*DISCONTENT, *FAR)}
    assert {text: said for text, said in low.items() if said["score"] > said["threshold"]} == {}
    assert {said["label"] for said in low.values()} == {"negative"}
    assert {text: said for text in SHORT if (said := asked(text))["label"] != "negative"} == {}
    assert {asked(text)["label"] for text in PRAISE} == {"positive"}
    assert asked("没有问题，谢谢")["label"] != "negative"


@pytest.mark.parametrize(
    ("margin", "label"), [("", "neutral"), ("margin: 0.04\n", "positive"), ("margin: 0.05\n", "neutral")]
)
def test_a_mood_is_shown_only_where_it_is_clear_by_the_owners_margin(desk: Loopdesk, margin: str, label: str) -> None:
    """COM-6: a short report without any feeling is no praise by a hair; its score stays what it is."""
    if margin:
        policy(desk, f"threshold: -0.6\n{margin}".encode())
    number = reported(desk, "App hangs")
    about = says(desk, number, "Thank you so much, that was quick!")
    look(desk)
    found = moods_of(desk, number)
    assert 0.04 < found[number].score < 0.05
    assert found[number].label == label
    assert found[about].label == "positive"
    [said] = [CliRunner().invoke(group_for(desk), ["sentiment", "App hangs"]).output.splitlines()[0]]
    assert said.split() == ["+0.05", label]


@pytest.mark.row("COM-6/recovery")
@pytest.mark.parametrize("text", ["We are very dissatisfied.", "我们非常不满意"])
def test_a_customer_who_plainly_says_so_gets_a_recovery(light_desk: Loopdesk, text: str) -> None:
    number = reported(light_desk)
    about = says(light_desk, number, text)
    look(light_desk)
    assert [(one.about, one.why) for one in recoveries(light_desk, number)] == [(about, "score")]
