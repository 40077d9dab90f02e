"""The words of the timeline that measures and helpers write: policy ``measures.yaml``, ``words``."""

from typing import Any

from loopdesk.desk import people, policy
from loopdesk.desk.emergency.rows import Emergency
from loopdesk.engine.tx import Tx

POLICY = "measures"


def language(tx: Tx, emergency: Emergency) -> str:
    """The language of the timeline: the commander's."""
    person = people.find(tx, emergency.commander_id)
    return "zh" if person and person.language.startswith("zh") else "en"


def say(tx: Tx, emergency: Emergency, word: str, **values: Any) -> str:
    """The sentence of the policy for ``word``; the word itself where the owner has taken it out."""
    said = policy.value(tx, POLICY, "words", word, default=word)
    text = policy.name_in({"name": said}, language(tx, emergency))
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def measure(tx: Tx, code: str, tongue: str) -> str:
    """What a measure is called in a language; its code where nobody named it."""
    return policy.name_in(policy.value(tx, POLICY, "measures", code, default={}), tongue) or code
