"""Which element of one version takes the place of which element of another."""

import re
from collections.abc import Iterator, Mapping

from loopdesk.engine.bpmn import kinds
from loopdesk.engine.bpmn.model import Element, Flow
from loopdesk.engine.bpmn.program import Program
from loopdesk.engine.errors import N_, Invalid, Phrase


class Places(Mapping[str, str]):
    """Old place (``process/element``) -> new place, for every element that has one; a process is ``process/``."""

    def __init__(self, old: Program, new: Program, given: Mapping[str, str] = {}) -> None:
        """Take pairs of element ids (or places); all others stay where an element of their id and kind is.

        Raises ``Invalid`` with ``fields`` (keys of ``given``) for unknown elements, other kinds, and pairs that
        contradict each other.
        """
        self.old, self.new = old, new
        self.given = _checked(old, new, given)
        same = {place for place, item in _elements(old) if _stays(item, new)}
        self._places = {**{place: place for place in same}, **self.given}
        self._places |= {f"{process}/": f"{process}/" for process in old.specs if process in new.specs}

    def __getitem__(self, place: str) -> str:
        return self._places[place]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def node_key(self, key: str) -> str | None:
        """The new key of a node; one round of a loop stays one round, and what it throws stays that."""
        place = re.split(r"[*!]", key, maxsplit=1)[0]
        found = self._places.get(place)
        return found + key.removeprefix(place) if found and found + key.removeprefix(place) in self.new.nodes else None

    def element_id(self, process: str, identity: str) -> str | None:
        """The new id of an element of a process."""
        found = self._places.get(f"{process}/{identity}")
        return found.partition("/")[2] if found else None

    def flow_id(self, process: str, identity: str) -> str | None:
        """The new id of a flow: that between the same elements, its own id first."""
        was = self.old.diagrams.processes[process].flows[identity]
        ends = self.element_id(process, was.source), self.element_id(process, was.target)
        there = self.new.diagrams.processes.get(process)
        flows: Mapping[str, Flow] = there.flows if there is not None else {}
        fitting = [flow.id for flow in flows.values() if (flow.source, flow.target) == ends]
        return identity if identity in fitting else next(iter(fitting), None)

    def passed(self, places: set[str]) -> set[str]:
        """Where places that were passed are now; what is gone is left out."""
        found = {self._places[place] for place in places if place in self._places}
        for place in places - self._places.keys():
            process, _, identity = place.partition("/")
            if identity in self.old.diagrams.processes[process].flows:
                flow = self.flow_id(process, identity)
                found |= {f"{process}/{flow}"} if flow else set()
        return found


def suggest(old: Program, new: Program) -> dict[str, str]:
    """Old element id -> new one of the same kind, name and scope, where the old id is gone; only where it is clear."""
    same = Places(old, new)
    gone = [item for place, item in _elements(old) if place not in dict(_elements(new))]
    known = {place for place, _ in _elements(old)}
    fresh = [item for place, item in _elements(new) if place not in known]
    found: dict[str, str] = {}
    for item in gone:
        scope = same.element_id(item.process, item.scope) or item.scope
        alike = [other for other in fresh if _is_alike(item, other, found.get(item.scope, scope))]
        twins = [other for other in gone if _is_alike(item, other, item.scope)]
        if len(alike) == 1 and len(twins) == 1:
            found[item.id] = alike[0].id
    return found


def difference(was: Element, now: Element) -> Phrase | None:
    """Why one element cannot take the place of the other: another kind of element, or of loop; None when it can."""
    if was.kind != now.kind:
        message = N_("“%(element)s” was of the kind %(was)s and is now %(now)s")
        return Phrase(message, element=called(was), was=kinds.said(was.kind), now=kinds.said(now.kind))
    loops = [(one.details.loop is not None, _loop(one)) for one in (was, now)]
    if loops[0] != loops[1]:
        return Phrase(N_("“%(element)s” repeats in another way than before"), element=called(was))
    return None


def called(element: Element) -> str:
    """The name of an element for people."""
    return element.name or element.id


def _loop(element: Element) -> tuple[bool, bool]:
    loop = element.details.loop
    return (loop.many, loop.sequential) if loop is not None else (False, False)


def _is_alike(one: Element, other: Element, scope: str) -> bool:
    same = one.process == other.process and other.scope == scope and one.name == other.name != ""
    return same and difference(one, other) is None


def _elements(program: Program) -> Iterator[tuple[str, Element]]:
    for process in program.diagrams.processes.values():
        for element in process.elements.values():
            yield f"{process.id}/{element.id}", element


def _stays(item: Element, new: Program) -> bool:
    process = new.diagrams.processes.get(item.process)
    now = process.elements.get(item.id) if process is not None else None
    return now is not None and difference(item, now) is None


def _checked(old: Program, new: Program, given: Mapping[str, str]) -> dict[str, str]:
    wrong: dict[str, list[str]] = {}
    places: dict[str, str] = {}
    for source, target in given.items():
        try:
            was, now = _find(old, source), _find(new, target)
        except Invalid as error:
            wrong[source] = [Phrase(error.message, **error.params)]
            continue
        reason = difference(was, now)
        if reason is None and was.process != now.process:
            reason = Phrase(N_("“%(element)s” lies in another process"), element=called(now))
        if reason is not None:
            wrong[source] = [reason]
        places[f"{was.process}/{was.id}"] = f"{now.process}/{now.id}"
    wrong |= _contradictions(places) if not wrong else {}
    if wrong:
        message = N_("The mapping of elements cannot be used: %(first)s.")
        raise Invalid(message, remedy=N_("Correct the mapping."), fields=wrong, first=next(iter(wrong.values()))[0])
    return places


def _contradictions(places: Mapping[str, str]) -> dict[str, list[str]]:
    """Two elements that would become one, and elements that change places in a ring."""
    wrong: dict[str, list[str]] = {}
    for source, target in places.items():
        others = [other for other, place in places.items() if place == target and other != source]
        if others:
            message = N_("“%(one)s” and “%(other)s” would both become “%(target)s”")
            wrong[source] = [Phrase(message, one=source, other=others[0], target=target)]
        seen, at = {source}, target
        while at in places and at not in seen:
            seen.add(at)
            at = places[at]
        if at == source != target:
            wrong[source] = [Phrase(N_("the mapping leads from “%(element)s” back to itself"), element=source)]
    return wrong


def _find(program: Program, name: str) -> Element:
    """An element by its place, or by its id where only one process has it."""
    found = [item for place, item in _elements(program) if name in (place, item.id)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Invalid(N_("several processes have an element “%(element)s”: write process/element"), element=name)
    raise Invalid(N_("there is no element “%(element)s” in that version"), element=name)
