"""How messages find who waits for them: by the case, or by a value that both ends work out (BPMN 2.0.2 §8.4.2).

Camunda 8 writes the value at the message (``zeebe:subscription``). BPMN has correlation keys of properties: what a
thrown message's property is, its retrieval expression says; what a waiting process expects, its subscription binds.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from loopdesk.engine.bpmn.expressions import body, words
from loopdesk.engine.bpmn.model import Trigger
from loopdesk.engine.bpmn.tree import Token
from loopdesk.engine.bpmn.xml import BPMN, ZEEBE
from loopdesk.engine.errors import N_, Invalid

OWN = frozenset({"=case.number", "=key"})
"""Expressions that mean the case itself."""
LONGEST = 64
"""Characters of a value that messages are correlated by."""


def key_of(token: Token, text: str, payload: Mapping[str, Any] = {}) -> str | None:
    """The value that a message is correlated by; empty for the case itself, None when the expression has no value.

    Raises ``Invalid`` for one that is too long to be a key.
    """
    if not text:
        return ""
    value = words(text, token.workflow.scope(token, **payload))
    if len(value) > LONGEST:
        raise Invalid(
            N_("The message correlates by “%(key)s”, whose value is longer than %(limit)s characters."),
            remedy=N_("Correlate by a number or a short name."),
            place=token.task_spec.place,
            key=text,
            limit=LONGEST,
        )
    return value or None


class Correlations:
    """What one file says about the correlation of its messages."""

    def __init__(self, root: etree._Element) -> None:
        self._retrieved: dict[tuple[str, str], str] = {}
        for prop in root.iter(f"{{{BPMN}}}correlationProperty"):
            for found in prop.iterfind(f"{{{BPMN}}}correlationPropertyRetrievalExpression"):
                self._retrieved[prop.get("id", ""), found.get("messageRef", "")] = _text(found, "messagePath")
        self._keys = {
            key.get("id", ""): [(ref.text or "").strip() for ref in key.iterfind(f"{{{BPMN}}}correlationPropertyRef")]
            for key in root.iter(f"{{{BPMN}}}correlationKey")
        }

    def of(self, message: etree._Element, node: etree._Element) -> Trigger:
        """The trigger of a message at an event or task: its name and, unless it is the case, what it correlates by."""
        name, identity = message.get("name", ""), message.get("id", "")
        subscription = message.find(f"{{{BPMN}}}extensionElements/{{{ZEEBE}}}subscription")
        key = subscription.get("correlationKey", "").strip() if subscription is not None else ""
        if key:
            key = "" if key.replace(" ", "") in OWN else key
            return Trigger("message", message=name, key=key, sent_key=key)
        for known in self._keys:
            sent = [self._retrieved.get((prop, identity), "") for prop in self._keys[known]]
            if sent and all(sent):
                return Trigger("message", message=name, key=_joined(self._bound(known, node)), sent_key=_joined(sent))
        return Trigger("message", message=name)

    def _bound(self, key: str, node: etree._Element) -> list[str]:
        """What the process around a node expects of each property of a key."""
        process = next(node.iterancestors(f"{{{BPMN}}}process"), None)
        bound = dict(_bindings(process, key)) if process is not None else {}
        return [bound.get(prop, "") for prop in self._keys[key]]


def _bindings(process: etree._Element, key: str) -> Iterator[tuple[str, str]]:
    for subscription in process.iterfind(f"{{{BPMN}}}correlationSubscription"):
        if subscription.get("correlationKeyRef") == key:
            for binding in subscription.iterfind(f"{{{BPMN}}}correlationPropertyBinding"):
                yield binding.get("correlationPropertyRef", ""), _text(binding, "dataPath")


def _joined(texts: list[str]) -> str:
    """One expression for the values of all properties; empty when one is missing, for then the case is meant."""
    if not all(texts) or len(texts) == 1:
        return texts[0] if all(texts) else ""
    return "=" + ' + "/" + '.join(f"string({body(text)})" for text in texts)


def _text(node: etree._Element, tag: str) -> str:
    found = node.find(f"{{{BPMN}}}{tag}")
    return "" if found is None else (found.text or "").strip()
