"""Goes through the parts of a decision model."""

from collections.abc import Iterator
from dataclasses import fields

from loopdesk.engine.dmn import model as m


def boxes(box: m.Boxed | None) -> Iterator[m.Boxed]:
    """A boxed expression and all inside it."""
    waiting = [box]
    while waiting:
        one = waiting.pop()
        if one is None:
            continue
        yield one
        for field in fields(one):
            waiting += _inside(getattr(one, field.name))


def _inside(value: object) -> list[m.Boxed | None]:
    if isinstance(value, m.Boxed):
        return [value]
    if isinstance(value, m.Entry):
        return [value.value]
    if isinstance(value, tuple):
        return [box for part in value for box in _inside(part)]
    return []


def types_used(definitions: m.Definitions) -> Iterator[tuple[m.Invocable | m.Item, str]]:
    """Every typeRef with the element it stands in."""
    for item in definitions.items.values():
        yield from ((item, reference) for reference in _item_types(item))
    for data in definitions.inputs.values():
        yield data, data.type
    for service in definitions.services.values():
        yield service, service.type
    owners: list[m.Decision | m.Knowledge] = [*definitions.decisions.values(), *definitions.knowledge.values()]
    for element in owners:
        yield element, element.type
        for box in boxes(element.logic):
            yield from ((element, reference) for reference in _box_types(box))


def _item_types(item: m.Item) -> Iterator[str]:
    yield item.type
    yield item.result
    yield from (parameter.type for parameter in item.parameters or ())
    for part in item.components:
        yield from _item_types(part)


def _box_types(box: m.Boxed) -> Iterator[str]:
    yield box.type
    match box:
        case m.Table():
            yield from (column.type for column in box.inputs)
            yield from (column.type for column in box.outputs)
        case m.Context():
            yield from (entry.type for entry in box.entries)
        case m.Relation():
            yield from (column.type for column in box.columns)
        case m.FunctionBox():
            yield from (parameter.type for parameter in box.parameters)
