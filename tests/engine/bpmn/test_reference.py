"""The engine, which forgets what is over, beside a plain game of tokens that forgets nothing (BPMN 2.0.2 §13.3).

Diagrams are drawn at random: tasks, exclusive, parallel and inclusive gateways, structured or not. After each task the
same tasks have to wait, at the end no variable is lost, and compensation undoes every task in reverse order.
"""
# ruff: noqa: E501 - one diagram a line reads better

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from loopdesk.engine import bpmn
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import diagram, flows, script

KINDS = {"x": "exclusiveGateway", "+": "parallelGateway", "o": "inclusiveGateway", "t": "userTask"}
Edge = tuple[int, int]


class Ambiguous(Exception):
    """Two joins could go on, and which one does first changes what comes after."""


@dataclass
class Drawing:
    """Elements by kind, flows between them; the flows in ``open`` have a condition that is true."""

    kinds: list[str]
    edges: list[Edge]
    open: set[Edge]

    def out(self, node: int) -> list[Edge]:
        return [edge for edge in self.edges if edge[0] == node]

    def into(self, node: int) -> list[Edge]:
        return [edge for edge in self.edges if edge[1] == node]

    def xml(self) -> bytes:
        inside = '<bpmn:startEvent id="s"/>'
        for number, kind in enumerate(self.kinds):
            ways = self.out(number)
            chosen = f' default="f-n{number}-n{ways[0][1]}"' if kind in "xo" and len(ways) > 1 else ""
            inside += f'<bpmn:{KINDS[kind]} id="n{number}"{chosen}/>'
            if kind == "t":
                inside += f'<bpmn:boundaryEvent id="b{number}" attachedToRef="n{number}"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>'
                handler = script(f"u{number}", f"=append(log, {number})", "log")
                inside += handler.replace(" id=", ' isForCompensation="true" id=', 1)
                inside += f'<bpmn:association id="a{number}" sourceRef="b{number}" targetRef="u{number}"/>'
        inside += flows("s > n0", *(self._flow(edge) for edge in self.edges))
        throw = (
            '<bpmn:intermediateThrowEvent id="throw"><bpmn:compensateEventDefinition/></bpmn:intermediateThrowEvent>'
        )
        around = f'<bpmn:startEvent id="begin"/><bpmn:subProcess id="sub">{inside}</bpmn:subProcess>{throw}'
        return diagram(around + flows("begin > sub > throw"))

    def _flow(self, edge: Edge) -> str:
        ways = self.out(edge[0])
        free = self.kinds[edge[0]] in "+t" or len(ways) == 1 or edge == ways[0]
        condition = "" if free else f"[={str(edge in self.open).lower()}]"
        return f"n{edge[0]} >{condition} n{edge[1]}"


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    count = draw(st.integers(2, 9))
    kinds = [draw(st.sampled_from("+ot" if number == 0 else "x+oott")) for number in range(count)]
    edges = {(draw(st.integers(0, number - 1)), number) for number in range(1, count)}
    pairs = [(one, two) for one in range(count) for two in range(one + 1, count)]
    edges |= set(draw(st.lists(st.sampled_from(pairs), max_size=count)))
    ends = {number for number in range(count) if not any(edge[0] == number for edge in edges)}
    kinds = ["t" if number in ends else kind for number, kind in enumerate(kinds)]
    ordered = sorted(edges)
    return Drawing(kinds, ordered, {edge for edge in ordered if draw(st.booleans())})


@dataclass
class Game:
    """Tokens on flows and in tasks, all rules written down as the standard says them."""

    drawing: Drawing
    marked: Counter[Edge] = field(default_factory=Counter)
    waiting: Counter[int] = field(default_factory=Counter)

    def begin(self) -> None:
        self._arrive((-1, 0))
        self.settle()

    def complete(self, task: int) -> None:
        self.waiting[task] -= 1
        self._leave(self.drawing.out(task))
        self.settle()

    @property
    def done(self) -> bool:
        return not +self.marked and not +self.waiting

    def _leave(self, edges: list[Edge]) -> None:
        for edge in edges:
            self._arrive(edge)

    def _arrive(self, edge: Edge) -> None:
        if self.drawing.kinds[edge[1]] == "t":
            self.waiting[edge[1]] += 1
        else:
            self.marked[edge] += 1

    def _true(self, node: int) -> list[Edge]:
        ways = self.drawing.out(node)
        true = [edge for edge in ways[1:] if edge in self.drawing.open]
        return true or ways[:1]

    def settle(self) -> None:
        while self._simple() or self._inclusive():
            pass

    def _simple(self) -> bool:
        for edge in list(+self.marked):
            kind, into = self.drawing.kinds[edge[1]], self.drawing.into(edge[1])
            if kind == "x" or len(into) < 2:
                self.marked[edge] -= 1
                ways = self.drawing.out(edge[1]) if kind == "+" else self._true(edge[1])
                self._leave(ways[:1] if kind == "x" else ways)
                return True
            if kind == "+" and all(self.marked[way] for way in into):
                self.marked.subtract(into)
                self._leave(self.drawing.out(edge[1]))
                return True
        return False

    def _inclusive(self) -> bool:
        joins = {edge[1] for edge in +self.marked if self.drawing.kinds[edge[1]] == "o"}
        ready = [node for node in joins if not self._expects(node)]
        if len(ready) > 1:
            raise Ambiguous
        for node in ready:
            self.marked.subtract([edge for edge in self.drawing.into(node) if self.marked[edge]])
            self._leave(self._true(node))
        return bool(ready)

    def _expects(self, join: int) -> bool:
        into = self.drawing.into(join)
        full = {edge for edge in into if self.marked[edge]}
        places = [edge[1] for edge in +self.marked if edge[1] != join] + list(+self.waiting)
        reached = [self._reach(node, join) & set(into) for node in places]
        return any(found - full and not found & full for found in reached)

    def _reach(self, node: int, join: int) -> set[Edge]:
        found, ahead = set[Edge](), [node]
        while ahead:
            for edge in self.drawing.out(ahead.pop()):
                if edge not in found:
                    found.add(edge)
                    ahead += [edge[1]] if edge[1] != join else []
        return found


@settings(max_examples=150, deadline=None)
@given(drawings(), st.randoms(use_true_random=False))
def test_the_engine_moves_as_the_plain_game_does(drawing: Drawing, random: Random) -> None:
    world, game, completed, stuck = World(drawing.xml()), Game(drawing), list[int](), False
    with suppress(bpmn.Stuck):
        world.start(log=[])
    try:
        game.begin()
        while +game.waiting and len(completed) < 40:
            assert world.waiting == sorted(f"n{task}" for task in (+game.waiting).elements())
            task = random.choice(sorted(+game.waiting))
            completed.append(task)
            try:
                world.go(f"n{task}", **{f"n{task}": 1})
            except bpmn.Stuck:
                stuck = True
            game.complete(task)
    except Ambiguous:
        return
    if game.done:
        assert world.done
        assert {name for name in world.data if name != "log"} == {f"n{task}" for task in completed}
        assert world.data["log"] == completed[::-1]
    elif len(completed) < 40:
        assert stuck or not completed
        assert world.waiting == []
