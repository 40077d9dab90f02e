"""The words of the timeline that measures and helpers write: policy ``measures.yaml``, ``words``."""

from typing import Any

from loopdesk.desk import people, policy
from loopdesk.desk.emergency.rows import Emergency
from loopdesk.engine.tx import Tx

POLICY = "measures"


def value(tx: Tx, *keys: str, default: Any) -> Any:
    """What ``measures.yaml`` says under ``keys``, or ``default`` where the owner says nothing."""
    found = policy.under(policy.held(tx, POLICY), keys)
    return default if found is None else found


def language(tx: Tx, emergency: Emergency) -> str:
    """The language of the timeline: the commander's."""
    person = people.find(tx, emergency.commander_id)
    return "zh" if person and person.language.startswith("zh") else "en"


def say(tx: Tx, word: str, *, measure_code: str = "", **values: Any) -> dict[str, str]:
    """The sentence of the policy for ``word`` in each language; the word itself where the owner has taken it out."""
    said = value(tx, "words", word, default=word)
    sentences = {}
    for tongue in people.LANGUAGES:
        text = policy.name_in({"name": said}, tongue)
        named = {"measure": measure(tx, measure_code, tongue)} if measure_code else {}
        for name, one in {**values, **named}.items():
            text = text.replace(f"{{{name}}}", str(one))
        sentences[tongue] = text
    return sentences


def measure(tx: Tx, code: str, tongue: str) -> str:
    """What a measure is called in a language; its code where nobody named it."""
    return policy.name_in(value(tx, "measures", code, default={}), tongue) or code
