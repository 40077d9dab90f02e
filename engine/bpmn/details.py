"""Reads what stands inside flow nodes besides events: loops, quantities, conditions, data associations."""

from collections.abc import Callable, Iterator, Mapping

from lxml import etree

from loopdesk.engine.bpmn.model import Details, Loop, Mapped, Trigger
from loopdesk.engine.bpmn.triggers import Triggers
from loopdesk.engine.bpmn.xml import BPMN, is_bpmn, local
from loopdesk.engine.bpmn.zeebe import extras_of

Name = Callable[[str], str]
"""The variable behind the id of a data object, store, input or output; empty when its name cannot be one."""

LOOPS = frozenset({"standardLoopCharacteristics", "multiInstanceLoopCharacteristics"})
DATA = frozenset(
    {
        "ioSpecification",
        "property",
        "dataInput",
        "dataOutput",
        "inputSet",
        "outputSet",
        "dataInputAssociation",
        "dataOutputAssociation",
    }
)
CONDITIONS = {"complexGateway": "activationCondition", "adHocSubProcess": "completionCondition"}


def details_of(node: etree._Element, variable: Name, triggers: Triggers) -> Details:
    """What a flow node says about itself; ``variable`` names its data objects, ``triggers`` reads its events."""
    kind = local(node)
    parallel = {
        "eventBasedGateway": node.get("eventGatewayType") == "Parallel",
        "adHocSubProcess": node.get("ordering", "Parallel") != "Sequential",
    }
    return Details(
        loop=_loop(node, variable, triggers),
        handler=node.get("isForCompensation") == "true",
        start_quantity=_number(node, "startQuantity"),
        completion_quantity=_number(node, "completionQuantity"),
        instantiate=node.get("instantiate") == "true",
        parallel=parallel.get(kind, False),
        condition=_text(node, CONDITIONS[kind]) if kind in CONDITIONS else "",
        cancels=node.get("cancelRemainingInstances", "true") != "false",
        ad_hoc=kind == "adHocSubProcess",
        reads=_associations(node, "dataInputAssociation", variable),
        writes=_associations(node, "dataOutputAssociation", variable),
    )


def variables_of(root: etree._Element) -> Mapping[str, str]:
    """The variable of each data object, store, property, input and output of a file, by id.

    A reference stands for its object; the name counts, else the id. Several references to one object are one variable.
    """
    found: dict[str, str] = {}
    nodes = [node for node in root.iter() if is_bpmn(node) and node.get("id")]
    held = {"dataObject", "dataStore", "property", "dataInput", "dataOutput"}
    for node in nodes:
        if local(node) in held:
            found[node.get("id", "")] = _variable(node)
    for node in nodes:
        target = node.get("dataObjectRef") or node.get("dataStoreRef")
        if local(node) in ("dataObjectReference", "dataStoreReference"):
            found[node.get("id", "")] = _variable(node, plain=False) or found.get(target or "", "") or _variable(node)
    return found


def _variable(node: etree._Element, *, plain: bool = True) -> str:
    names = [node.get("name") or "", *([node.get("id") or ""] if plain else [])]
    return next((name for name in names if name.isidentifier()), "")


def _loop(node: etree._Element, variable: Name, triggers: Triggers) -> Loop | None:
    standard = node.find(f"{{{BPMN}}}standardLoopCharacteristics")
    if standard is not None:
        maximum = standard.get("loopMaximum", "")
        return Loop(
            condition=_text(standard, "loopCondition"),
            before=standard.get("testBefore") == "true",
            maximum=int(maximum) if maximum.isdecimal() else None,
        )
    many = node.find(f"{{{BPMN}}}multiInstanceLoopCharacteristics")
    if many is None:
        return None
    extras, _ = extras_of(many)
    collection, results = (variable(_text(many, tag)) for tag in ("loopDataInputRef", "loopDataOutputRef"))
    item, result = (_item(many, tag) for tag in ("inputDataItem", "outputDataItem"))
    return Loop(
        many=True,
        condition=_text(many, "completionCondition"),
        sequential=many.get("isSequential") == "true",
        cardinality=_text(many, "loopCardinality"),
        collection=extras.collection or (f"={collection}" if collection else ""),
        item=extras.item or item,
        results=extras.results or results,
        result=extras.result or (f"={result}" if result else ""),
        behavior=many.get("behavior", "All"),
        events=tuple(_behavior(many, triggers)),
    )


def _behavior(many: etree._Element, triggers: Triggers) -> Iterator[tuple[str, Trigger]]:
    """What instances throw when they complete (BPMN 2.0.2 §10.3.6, table 10.29)."""
    if many.get("behavior") == "Complex":
        for definition in many.iterfind(f"{{{BPMN}}}complexBehaviorDefinition"):
            event = definition.find(f"{{{BPMN}}}event")
            if event is not None:
                yield _text(definition, "condition"), triggers.of(event)
        return
    trigger = triggers.referred(many.get(f"{many.get('behavior', '').lower()}BehaviorEventRef", ""), many)
    if trigger is not None:
        yield "", trigger


def _item(many: etree._Element, tag: str) -> str:
    found = many.find(f"{{{BPMN}}}{tag}")
    return "" if found is None else _variable(found)


def _associations(node: etree._Element, tag: str, variable: Name) -> tuple[Mapped, ...]:
    lines: list[Mapped] = []
    for association in node.iterfind(f"{{{BPMN}}}{tag}"):
        source, target = (variable(_text(association, end)) for end in ("sourceRef", "targetRef"))
        assigned = association.findall(f"{{{BPMN}}}assignment")
        lines += [Mapped(_text(line, "from"), _text(line, "to").removeprefix("=").strip()) for line in assigned]
        changed = _text(association, "transformation")
        if changed and target:
            lines.append(Mapped(changed, target))
        elif source and target and not assigned:
            lines.append(Mapped(f"={source}", target))
    return tuple(lines)


def _number(node: etree._Element, name: str) -> int:
    text = node.get(name, "1").strip()
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def _text(node: etree._Element, tag: str) -> str:
    found = node.find(f"{{{BPMN}}}{tag}")
    return "" if found is None else (found.text or "").strip()
