"""What a loop may undo later has to be kept: how the state grows with it, and that all of it is undone (0006)."""

from loopdesk.tests.engine.bpmn.test_compensation import THROW, undone
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import diagram, flows, script

ROUNDS = 5000
LOOP = (
    '<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="m"/>'
    + script("book", "=n + 1", "n")
    + undone("book", script("u-book", "=undone + n", "undone"))
    + '<bpmn:exclusiveGateway id="g" default="f-g-w"/><bpmn:userTask id="w"/>'
    + THROW.format("t", "")
    + '<bpmn:endEvent id="e"/>'
    + flows("s > m > book > g > w > t > e", "g >[=n < rounds] m")
)


def _after(rounds: int) -> World:
    return World(diagram(LOOP)).start(n=0, undone=0, rounds=rounds)


def test_each_of_5000_rounds_is_undone_with_the_variables_of_its_own_round() -> None:
    world = _after(ROUNDS)
    assert world.waiting == ["w"]
    assert world.go("w").done
    assert world.data["undone"] == ROUNDS * (ROUNDS + 1) // 2


def test_a_round_that_may_be_undone_adds_few_bytes_to_the_state_until_its_scope_ends() -> None:
    """docs/engine.md, limits: BPMN 2.0.2 §10.6.1 has the variables of each completed activity kept."""
    young, old = _after(1), _after(1000)
    assert (len(old.state) - len(young.state)) / 1000 <= 8
    old.go("w")
    assert len(old.state) <= len(young.state), "what was undone is forgotten"
