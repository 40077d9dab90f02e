"""Reads what events wait for or throw (BPMN 2.0.2 §10.5.5)."""

from collections.abc import Iterator
from typing import Protocol

from lxml import etree

from loopdesk.engine.bpmn.correlation import Correlations
from loopdesk.engine.bpmn.model import Trigger
from loopdesk.engine.bpmn.xml import BPMN, is_bpmn, local
from loopdesk.engine.errors import N_

CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
LONGEST = 200
"""Characters of the name of a message, signal, error or escalation."""
NAMED = frozenset({"message", "signal", "error", "escalation"})
"""What stands once in a file and is referred to by events."""
TIMERS = {"timeDuration": "duration", "timeDate": "date", "timeCycle": "cycle"}
SUFFIX = "EventDefinition"


class Find(Protocol):
    """Adds a finding at an element."""

    def __call__(self, node: etree._Element, rule: str, message: str, remedy: str, **params: object) -> None:
        """Add it."""


class Triggers:
    """The event definitions of one file; what is wrong with them goes to ``find``."""

    def __init__(self, root: etree._Element, find: Find) -> None:
        tops = [node for node in root.iterchildren() if is_bpmn(node)]
        self.named = {(local(node), node.get("id", "")): node for node in tops if local(node) in NAMED}
        self.shared = {node.get("id", ""): node for node in tops if local(node).endswith(SUFFIX)}
        self.correlations = Correlations(root)
        self.find = find

    def of(self, node: etree._Element) -> Trigger:
        """What the event or message task ``node`` waits for or throws."""
        if local(node) in ("sendTask", "receiveTask"):
            return self._message(node, node) if node.get("messageRef") else Trigger()
        parts = tuple(self._read(definition, node) for definition in self._definitions(node))
        if len(parts) < 2:
            return parts[0] if parts else Trigger()
        return Trigger("multiple", parts=parts, together=node.get("parallelMultiple") == "true")

    def referred(self, reference: str, node: etree._Element) -> Trigger | None:
        """The trigger of an event definition of the file that is referred to by its id."""
        found = self.shared.get(_plain(reference))
        return None if found is None else self._read(found, node)

    def _definitions(self, node: etree._Element) -> Iterator[etree._Element]:
        for child in node.iterchildren():
            if not is_bpmn(child):
                continue
            if local(child) == "eventDefinitionRef":
                shared = self.shared.get(_plain(child.text or ""))
                if shared is None:
                    message = N_("The event refers to a definition that the file does not hold.")
                    self.find(node, "event.reference", message, N_("Define in the editor again what the event is."))
                else:
                    yield shared
            elif local(child).endswith(SUFFIX):
                yield child

    def _read(self, definition: etree._Element, node: etree._Element) -> Trigger:
        kind = local(definition).removesuffix(SUFFIX)
        if kind == "message":
            return self._message(definition, node)
        if kind == "timer":
            return self._timer(definition, node)
        if kind in ("signal", "error", "escalation"):
            return self._coded(kind, definition, node)
        if kind == "conditional":
            condition = definition.find(f"{{{BPMN}}}condition")
            return Trigger(kind, text=(condition.text or "").strip() if condition is not None else "")
        if kind == "link":
            return Trigger(kind, name=definition.get("name", ""))
        if kind == "compensate":
            waits = definition.get("waitForCompletion", "true") != "false"
            return Trigger("compensation", activity=_plain(definition.get("activityRef", "")), waits=waits)
        return Trigger(kind)

    def _named(self, kind: str, holder: etree._Element) -> etree._Element | None:
        """The message, signal, error or escalation that is referred to and stands in the file."""
        reference = holder.get(f"{kind}Ref", "")
        if not reference:
            return None
        found = self.named.get((kind, reference))
        return self.named.get((kind, _plain(reference))) if found is None else found

    def _message(self, holder: etree._Element, node: etree._Element) -> Trigger:
        message = self._named("message", holder)
        name = message.get("name", "") if message is not None else ""
        if not name or len(name) > LONGEST:
            text = N_("The event refers to no message with a name.")
            self.find(node, "draft.message", text, N_("Choose or create a message and give it a name."))
            return Trigger("message")
        assert message is not None
        return self.correlations.of(message, node)

    def _timer(self, definition: etree._Element, node: etree._Element) -> Trigger:
        times = [child for child in definition.iterchildren() if is_bpmn(child) and local(child) in TIMERS]
        if len(times) > 1:
            message = N_("The timer has %(count)s times: %(kinds)s; nobody could say which one counts.")
            kinds = ", ".join(TIMERS[local(child)] for child in times)
            self.find(node, "timer.double", message, N_("Keep one of them."), count=len(times), kinds=kinds)
        if not times:
            return Trigger("timer")
        return Trigger("timer", timer=TIMERS[local(times[0])], text=(times[0].text or "").strip())

    def _coded(self, kind: str, definition: etree._Element, node: etree._Element) -> Trigger:
        """A signal by its name; an error or escalation by its code, or else its name."""
        named = self._named(kind, definition)
        texts = [] if named is None else [named.get(f"{kind}Code", ""), named.get("name", ""), _own_id(kind, named)]
        name = next((text for text in texts if text), "")
        if len(name) > LONGEST or (kind == "signal" and not name):
            text = N_("The event refers to no signal, error or escalation with a usable name.")
            self.find(node, f"draft.{kind}", text, N_("Choose or create one and give it a name."))
            return Trigger(kind)
        return Trigger(kind, name=name, variable=definition.get(f"{{{CAMUNDA}}}{kind}CodeVariable", ""))


def _own_id(kind: str, named: etree._Element) -> str:
    """What tells errors and escalations apart that have neither code nor name; a signal must have a name."""
    return "" if kind == "signal" else named.get("id", "")


def _plain(reference: str) -> str:
    """A reference without the prefix of its namespace."""
    return reference.strip().rpartition(":")[2]
