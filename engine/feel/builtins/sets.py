"""Functions that make a new list from others (DMN 1.5 §10.3.4.4)."""

from decimal import Decimal
from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.builtins.numbers import whole
from loopdesk.engine.feel.builtins.registry import builtin
from loopdesk.engine.feel.compare import SIMPLE, same
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.functions import invoke
from loopdesk.engine.feel.runtime import Run
from loopdesk.engine.feel.values import Function

LIST = "list: list"


def place_in(list_: list[Any], position: Decimal) -> int:
    """A place counted from 1, or from -1 at the end, as Python counts; Null when the list has no such place."""
    place = whole(position, "position")
    if place == 0 or abs(place) > len(list_):
        raise Null(N_("The list has no item %(place)s."), place=position)
    return place - 1 if place > 0 else len(list_) + place


@builtin("sublist", "list: list, start position: number, [length: number?]", run=True)
def sublist(run: Run, list_: list[Any], start: Decimal, length: Decimal | None = None) -> list[Any]:
    """A part of the list, from a place counted from 1, or from -1 at the end."""
    begin = place_in(list_, start)
    if length is not None and (length < 1 or begin + whole(length, "length") > len(list_)):
        raise Null(N_("The list is not that long."))
    run.charge(len(list_))
    return list_[begin : None if length is None else begin + int(length)]


@builtin("append", "list: list?, item: any...", run=True)
def append(run: Run, list_: list[Any] | None, *items: Any) -> list[Any]:
    """The list with the items at its end."""
    if list_ is None:
        raise Null(N_("There is no list to append to."))
    run.charge(len(list_) + len(items))
    return [*list_, *items]


@builtin("concatenate", "list: list...", run=True)
def concatenate(run: Run, *lists: list[Any]) -> list[Any]:
    """The items of all lists."""
    run.charge(sum(map(len, lists)))
    return [item for list_ in lists for item in list_]


@builtin("insert before", "list: list, position: number, newItem: any", run=True)
def insert_before(run: Run, list_: list[Any], position: Decimal, item: Any) -> list[Any]:
    """The list with the item put before that place."""
    place = place_in(list_, position)
    run.charge(len(list_))
    return [*list_[:place], item, *list_[place:]]


@builtin("remove", "list: list, position: number", run=True)
def remove(run: Run, list_: list[Any], position: Decimal) -> list[Any]:
    """The list without the item at that place."""
    place = place_in(list_, position)
    run.charge(len(list_))
    return [*list_[:place], *list_[place + 1 :]]


@builtin("list replace", "list: list, position: number, newItem: any", run=True)
def replace_at(run: Run, list_: list[Any], position: Decimal, item: Any) -> list[Any]:
    """The list with another item at that place."""
    place = place_in(list_, position)
    run.charge(len(list_))
    return [*list_[:place], item, *list_[place + 1 :]]


@builtin("list replace", "list: list, match: function, newItem: any", run=True)
def replace_matching(run: Run, list_: list[Any], match: Function, item: Any) -> list[Any]:
    """Each item for which ``match(item, newItem)`` is true becomes the new one."""
    run.charge(len(list_))
    answers = [invoke(run, match, [old, item]) for old in list_]
    if not all(isinstance(answer, bool) for answer in answers):
        raise Null(N_("The match function must answer true or false."))
    return [item if answer else old for old, answer in zip(list_, answers, strict=True)]


@builtin("reverse", LIST, run=True)
def reverse(run: Run, list_: list[Any]) -> list[Any]:
    """The list from its end."""
    run.charge(len(list_))
    return list_[::-1]


@builtin("index of", "list: list, match: any", run=True)
def index_of(run: Run, list_: list[Any], match: Any) -> list[Decimal]:
    """The places of all items equal to the match, counted from 1."""
    run.charge(len(list_))
    return [Decimal(index) for index, item in enumerate(list_, 1) if same(item, match)]


@builtin("union", "list: list...", run=True)
def union(run: Run, *lists: list[Any]) -> list[Any]:
    """The items of all lists, each once."""
    return distinct_values(run, concatenate(run, *lists))


@builtin("distinct values", LIST, run=True)
def distinct_values(run: Run, list_: list[Any]) -> list[Any]:
    """Each value once, at its first place."""
    seen: set[Any] = set()
    kept: list[Any] = []
    others: list[Any] = []
    for item in list_:
        if type(item) in SIMPLE:
            key = (type(item), item)
            if key not in seen:
                seen.add(key)
                kept.append(item)
            continue
        run.charge(len(others) + 1)
        if not any(same(item, other) for other in others):
            others.append(item)
            kept.append(item)
    return kept


@builtin("flatten", LIST, run=True)
def flatten(run: Run, list_: list[Any]) -> list[Any]:
    """The items of lists in lists, in one list."""
    flat: list[Any] = []
    waiting = [iter(list_)]
    while waiting:
        for item in waiting[-1]:
            run.charge(1)
            if isinstance(item, list):
                waiting.append(iter(item))
                break
            flat.append(item)
        else:
            waiting.pop()
    return flat
