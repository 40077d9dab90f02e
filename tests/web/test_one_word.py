"""One word for one thing, and none that a customer may not know (COM-3, COM-10, SLA-1, ANA-8)."""

import re
from typing import Any

import pytest
import yaml
from flask import Flask

from loopdesk.desk.wording import jargon
from loopdesk.engine import yamlfiles
from loopdesk.web import vocabulary
from loopdesk.web.first_start import WORKFLOWS
from loopdesk.web.wiring import Loopdesk


def policy(name: str) -> Any:
    return yamlfiles.load((WORKFLOWS / "policies" / f"{name}.yaml").read_bytes())


def to_customers() -> set[str]:
    """The templates that a shipped diagram sends to the customer."""
    pair = re.compile(r"'=\"([a-z-]+)\"' target=\"template\" />\s*<zeebe:input source='=\"customer\"' target=\"to\"")
    return {name for file in WORKFLOWS.rglob("*.bpmn") for name in pair.findall(file.read_text())}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_clock_calls_each_priority_as_the_pages_do(app: Flask, language: str) -> None:
    for code, level in policy("sla")["policies"]["p-levels"]["levels"].items():
        with app.test_request_context(f"/?lang={language}"):
            app.preprocess_request()
            assert vocabulary.priority_look(code).text == level["name"][language]


def test_the_second_availability_says_what_it_counts() -> None:
    text = (WORKFLOWS / "policies" / "figures.yaml").read_text()
    assert "{en: Availability (major outages only), zh: 可用率（仅计重大故障）}" in text


@pytest.mark.parametrize(
    "text", ["The API has a high latency.", "Look at the log file: HTTP 500.", "后端缓存已重新部署。"]
)
def test_common_words_of_our_trade_are_known_as_jargon(desk: Loopdesk, text: str) -> None:
    with desk.engine.read() as tx:
        assert len(jargon(tx, text, "zh")) >= 2


@pytest.mark.parametrize("language", ["en", "zh"])
def test_letters_to_customers_and_phrases_use_no_jargon(desk: Loopdesk, language: str) -> None:
    folder = WORKFLOWS / "messages"
    letters = yaml.safe_load((folder / f"messages.{language}.yaml").read_text())
    phrases = yaml.safe_load((folder / f"phrases.{language}.yaml").read_text())
    sent = to_customers()
    assert {"acknowledgement", "verify-fix"} & sent
    texts = [text for name in sent & letters.keys() for text in letters[name].values()]
    texts += [text for part in phrases.values() for text in part.values()]
    with desk.engine.read() as tx:
        found = {hit.word for text in texts for hit in jargon(tx, re.sub(r"\{[{%].*?[%}]\}", " ", text), language)}
    assert found == set()
