"""What a token keeps in its own memory about other elements, rewritten for another version of the diagram."""

from collections.abc import Iterator
from typing import Any

from loopdesk.engine.bpmn.ad_hoc import LEFT
from loopdesk.engine.bpmn.compensation import PLAN
from loopdesk.engine.bpmn.gateways import PHASES
from loopdesk.engine.bpmn.mapping import Places
from loopdesk.engine.bpmn.nodes import Node
from loopdesk.engine.bpmn.records import DONE, Record, opened
from loopdesk.engine.bpmn.tree import Token

FLOW = "flow"
"""Key of a joining token's internal data: the way it came by."""


def same_triggers(was: Node, now: Node) -> bool:
    """Whether an event waits for the same kinds of things."""
    one, other = was.element.trigger, now.element.trigger
    return one.together == other.together and [item.kind for item in one.each] == [item.kind for item in other.each]


def internal(places: Places, token: Token) -> dict[str, Any]:
    """A token's internal data for the new version; ``lost`` must have found nothing."""
    held = dict(token.internal_data)
    process = token.task_spec.element.process
    if held.get(FLOW):
        held[FLOW] = places.flow_id(process, held[FLOW])
    for key in (DONE, PLAN):
        if key in held:
            held[key] = [_record(places, record) for record in opened(held[key])]
    if PHASES in held:
        held[PHASES] = {places.node_key(key): _flows(places, key, flows) for key, flows in held[PHASES].items()}
    if LEFT in held:
        held[LEFT] = [places.element_id(process, identity) for identity in held[LEFT]]
    return held


def lost(places: Places, token: Token) -> Iterator[str]:
    """Places in a token's memory that the new version has not, or that can no longer do what they are kept for."""
    held, process = token.internal_data, token.task_spec.element.process
    for record in opened((*held.get(DONE, []), *held.get(PLAN, []))):
        yield from _lost_of(places, record)
    for key, flows in held.get(PHASES, {}).items():
        if places.node_key(key) is None or None in _flows(places, key, flows):
            yield key
    yield from (f"{process}/{item}" for item in held.get(LEFT, []) if places.element_id(process, item) is None)


def _lost_of(places: Places, record: Record) -> Iterator[str]:
    key, _, inner = record
    new = places.node_key(key)
    was = places.old.nodes[key]
    now = places.new.nodes[new] if new else None
    if (
        now is None
        or (was.handler is not None) != (now.handler is not None)
        or (was.undo is None) != (now.undo is None)
    ):
        yield key
    for item in opened(inner):
        yield from _lost_of(places, item)


def _record(places: Places, record: Record) -> Record:
    key, written, inner = record
    return [places.node_key(key), written, [_record(places, item) for item in opened(inner)]]


def _flows(places: Places, key: str, flows: list[str]) -> list[str | None]:
    return [places.flow_id(key.partition("/")[0], flow) for flow in flows]
