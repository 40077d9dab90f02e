"""A finished token leaves the tree, and the tree is stored and loaded: neither may change what a process does."""

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from loopdesk.engine.bpmn import Execution
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import diagram, flows, script

Block = tuple[Any, ...]
"""A piece of a diagram: its kind, then the blocks inside it."""
LEAF = st.sampled_from([("wait",), ("write",)])


def _more(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    many = st.lists(inner, min_size=1, max_size=3).map(tuple)
    ways = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return (
        st.tuples(st.just("sequence"), many)
        | st.tuples(st.sampled_from(["parallel", "exclusive", "inclusive"]), ways)
        | st.tuples(st.sampled_from(["loop", "sub", "each", "each-one", "undo"]), st.tuples(inner))
    )


BLOCKS = st.recursive(LEAF, _more, max_leaves=5)


class Drawing:
    """Draws blocks as BPMN; every element has a number of its own."""

    def __init__(self) -> None:
        self.count = 0

    def draw(self, block: Block) -> tuple[str, str, str]:
        """The XML of a block, and the elements where it begins and ends."""
        self.count += 1
        kind, number = block[0], self.count
        inner = block[1] if len(block) > 1 else ()
        return getattr(self, f"_{kind.replace('-', '_')}")(number, inner)  # type: ignore[no-any-return]

    def _wait(self, n: int, _inner: Any) -> tuple[str, str, str]:
        return f'<bpmn:userTask id="u{n}"/>', f"u{n}", f"u{n}"

    def _write(self, n: int, _inner: Any) -> tuple[str, str, str]:
        return script(f"t{n}", f"=append(if v{n} = null then [] else v{n}, {n})", f"v{n}"), f"t{n}", f"t{n}"

    def _sequence(self, _n: int, inner: Any) -> tuple[str, str, str]:
        parts = [self.draw(one) for one in inner]
        joined = "".join(flows(f"{left[2]} > {right[1]}") for left, right in pairwise(parts))
        return "".join(part[0] for part in parts) + joined, parts[0][1], parts[-1][2]

    def _branches(self, n: int, inner: Any, kind: str, conditions: list[str]) -> tuple[str, str, str]:
        parts = [self.draw(one) for one in inner]
        ends = f'<bpmn:{kind} id="f{n}"/><bpmn:{kind} id="j{n}"/>'
        ways = "".join(
            flows(f"f{n} >{condition} {begin}", f"{end} > j{n}")
            for (_, begin, end), condition in zip(parts, conditions, strict=True)
        )
        return ends + "".join(part[0] for part in parts) + ways, f"f{n}", f"j{n}"

    def _parallel(self, n: int, inner: Any) -> tuple[str, str, str]:
        return self._branches(n, inner, "parallelGateway", [""] * len(inner))

    def _exclusive(self, n: int, inner: Any) -> tuple[str, str, str]:
        conditions = [f"[=choice = {way}]" for way in range(len(inner) - 1)]
        return self._branches(n, inner, "exclusiveGateway", [*conditions, "[=true]"])

    def _inclusive(self, n: int, inner: Any) -> tuple[str, str, str]:
        return self._branches(n, inner, "inclusiveGateway", ["[=true]", *["[=choice > 0]"] * (len(inner) - 1)])

    def _loop(self, n: int, inner: Any) -> tuple[str, str, str]:
        body, begin, end = self.draw(inner[0])
        frame = f'<bpmn:exclusiveGateway id="m{n}"/><bpmn:exclusiveGateway id="x{n}"/><bpmn:task id="o{n}"/>'
        count = script(f"c{n}", f"=(if n{n} = null then 0 else n{n}) + 1", f"n{n}")
        ways = flows(f"m{n} > {begin}", f"{end} > c{n} > x{n} >[=n{n} < 3] m{n}", f"x{n} >[=true] o{n}")
        return frame + count + body + ways, f"m{n}", f"o{n}"

    def _inside(self, n: int, inner: Any, more: str) -> str:
        body, begin, end = self.draw(inner[0])
        ends = f'<bpmn:startEvent id="a{n}"/><bpmn:endEvent id="z{n}"/>'
        ways = flows(f"a{n} > {begin}", f"{end} > z{n}")
        return f'<bpmn:subProcess id="b{n}">{more}{ends}{body}{ways}</bpmn:subProcess>'

    def _sub(self, n: int, inner: Any) -> tuple[str, str, str]:
        return self._inside(n, inner, ""), f"b{n}", f"b{n}"

    def _each(self, n: int, inner: Any, sequential: str = "false") -> tuple[str, str, str]:
        many = f'<bpmn:multiInstanceLoopCharacteristics isSequential="{sequential}"><bpmn:loopCardinality>=2'
        many += "</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
        return self._inside(n, inner, many), f"b{n}", f"b{n}"

    def _each_one(self, n: int, inner: Any) -> tuple[str, str, str]:
        return self._each(n, inner, "true")

    def _undo(self, n: int, inner: Any) -> tuple[str, str, str]:
        body, begin, end = self.draw(inner[0])
        handled = script(f"d{n}", f"={n}", f"d{n}")
        handler = script(f"h{n}", f"=append(if w{n} = null then [] else w{n}, {n})", f"w{n}")
        handler = handler.replace("<bpmn:scriptTask ", '<bpmn:scriptTask isForCompensation="true" ')
        event = (
            f'<bpmn:boundaryEvent id="k{n}" attachedToRef="d{n}"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>'
        )
        line = f'<bpmn:association id="l{n}" sourceRef="k{n}" targetRef="h{n}"/>'
        throw = (
            f'<bpmn:intermediateThrowEvent id="y{n}"><bpmn:compensateEventDefinition/></bpmn:intermediateThrowEvent>'
        )
        return (
            handled + handler + event + line + throw + body + flows(f"d{n} > {begin}", f"{end} > y{n}"),
            f"d{n}",
            f"y{n}",
        )


def drawn(block: Block) -> bytes:
    body, begin, end = Drawing().draw(block)
    ends = '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>'
    return diagram(ends + body + flows(f"s > {begin}", f"{end} > e"))


def ran(file: bytes, choice: int, picks: list[int], *, reload: bool) -> tuple[Any, ...]:
    """What comes of a diagram when its waits end in an order of choice; ``reload`` stores and loads before each."""
    world = World(file)
    execution = Execution.begin(world.program, "p", world, {"choice": choice})
    trace = []
    for step in range(60):
        waits = sorted(world.waits, key=float)
        if not waits:
            break
        ref = waits[picks[step % len(picks)] % len(waits)]
        kind, element = world.waits.pop(ref)
        if reload:
            execution = Execution.load(world.program, "p", world, execution.dump())
        execution.resume(ref, {f"by-{element}": step})
        trace.append((kind, element, sorted(place for _, place in world.waits.values())))
    return trace, execution.data, execution.passed, execution.completed


@settings(max_examples=120, deadline=None)
@given(BLOCKS, st.integers(0, 2), st.lists(st.integers(0, 5), min_size=1, max_size=8))
def test_storing_and_loading_at_each_step_changes_neither_trace_nor_data(
    block: Block, choice: int, picks: list[int]
) -> None:
    file = drawn(block)
    World(file)  # is free of errors
    outcomes = []
    for reload in (False, True):
        try:
            outcomes.append(ran(file, choice, picks, reload=reload))
        except Exception as error:  # noqa: BLE001 - a conflict of branches has to be the same conflict
            outcomes.append((type(error).__name__, str(error)))
    assert outcomes[0] == outcomes[1]
