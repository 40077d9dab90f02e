"""The stored state: what goes in comes out, and its size does not grow with age (architecture §4)."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopdesk.engine.bpmn import codec
from loopdesk.engine.bpmn.merge import changes, merge, same, take_over
from loopdesk.engine.errors import Conflict, Invalid
from loopdesk.engine.feel.temporal import Date, DateTime, DayDuration, MonthDuration, Time, Zone
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import diagram, flows

ZONES = st.sampled_from([None, UTC, ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")])
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.dates()
    | st.times(timezones=st.just(UTC) | st.none())
    | st.datetimes(timezones=ZONES)
    | st.timedeltas()
)
FEEL = st.sampled_from(
    [
        Date(2026, 2, 30),
        Time(1, Zone(3600)),
        DateTime(Date(-5, 1, 1), Time(0, None)),
        DayDuration(10**30),
        MonthDuration(-7),
    ]
)
KEYS = st.text() | st.sampled_from(["typename", "$", "__class__", "outer"])
VALUES = st.recursive(
    PLAIN | FEEL,
    lambda inner: st.lists(inner) | st.dictionaries(KEYS | st.integers(), inner) | st.tuples(inner, inner),
    max_leaves=12,
)
HASHABLE = st.integers() | st.text() | st.decimals(allow_nan=False) | st.dates()


@given(VALUES | st.sets(HASHABLE) | st.frozensets(HASHABLE))
def test_every_value_comes_back_with_its_type(value: object) -> None:
    """Traps "types" and "JSON order": date, Decimal, set, tuple, int keys and a key ``typename`` broke on reload."""
    back = codec.decode(codec.unpack(codec.pack(codec.encode(value))))
    assert same(back, value) or (isinstance(value, float) and value == 0 == back)


def test_examples_that_broke_spiffworkflow() -> None:
    value = {
        "typename": "x",
        "at": datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin")),
        "day": date(2026, 1, 1),
        "clock": time(9, 30),
        "sum": Decimal("0.10"),
        "wait": timedelta(milliseconds=1),
        "tags": {"a", "b"},
        3: (1, 2),
        "$": ["int", "1"],
    }
    assert codec.decode(codec.unpack(codec.pack(codec.encode(value)))) == value


def test_a_value_that_cannot_be_kept_is_refused() -> None:
    with pytest.raises(Invalid, match="object"):
        codec.encode({"x": [object()]})


DATA = st.dictionaries(st.sampled_from("abc"), st.integers(0, 3) | st.lists(st.integers(0, 2), max_size=2), max_size=3)


@given(DATA, DATA)
def test_a_delta_rebuilds_its_data(base: dict[str, object], data: dict[str, object]) -> None:
    assert take_over(base, base, changes(base, data)) == data


@given(DATA, DATA)
def test_a_branch_that_changed_nothing_does_not_matter(base: dict[str, object], data: dict[str, object]) -> None:
    assert merge(base, [base, data]) == data == merge(base, [data, base])


@given(DATA, DATA, DATA)
def test_the_order_of_branches_does_not_matter(
    base: dict[str, object], one: dict[str, object], two: dict[str, object]
) -> None:
    def outcome(branches: list[dict[str, object]]) -> object:
        try:
            merged = merge(base, branches)
        except Conflict:
            return "conflict"
        return {key: sorted(value, key=repr) if isinstance(value, list) else value for key, value in merged.items()}

    assert outcome([one, two]) == outcome([two, one])


def test_the_state_stays_small_over_a_thousand_rounds_with_waits() -> None:
    file = diagram(
        '<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="m"/><bpmn:userTask id="t"/>' + flows("s > m > t > m")
    )
    world = World(file).start(n=0)
    first = len(world.state)
    for number in range(1000):
        world.go("t", n=number)
    assert len(world.state) <= first + 40
    assert world.data == {"n": 999}
    assert len(world.execution._run.tasks) == 2, "the process and the one waiting token"


def test_what_a_step_changes_does_not_reach_the_sibling_branch() -> None:
    """Trap "nested data": a change in place altered the parent's history."""
    file = diagram(
        '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="f"/><bpmn:userTask id="a"/><bpmn:userTask id="a2"/>'
        '<bpmn:userTask id="b"/><bpmn:parallelGateway id="j"/><bpmn:endEvent id="e"/>'
        + flows("s > f > a > a2 > j > e", "f > b > j")
    )
    world = World(file).start(who={"x": [1]}).go("a", who={"x": [1, 2]})
    ref = next(ref for ref, (_, at) in world.waits.items() if at == "b")
    assert world.execution.scope_of(ref)["who"] == {"x": [1]}
