"""Bars of issue 3: a FEEL condition of two comparisons, a table of 100 rules."""

import timeit
from collections.abc import Callable
from typing import Any

from loopdesk.engine import dmn, feel
from loopdesk.tests.bench.report import row
from loopdesk.tests.engine.dmn.models import decision, definitions, input_data, table

CONDITION = 'priority = "P0" and age > 30'
FACTS = {"priority": "P0", "age": 31}
LOOP = 1_000


def best(work: Callable[[], object], times: int) -> float:
    """Microseconds of one call: the best of seven runs, which a busy machine disturbs least."""
    return min(timeit.repeat(work, number=times, repeat=7)) / times * 1e6


def pure_loop() -> int:
    """What the machine does in a thousand rounds of nothing much: the calibration of this run."""
    total = 0
    for number in range(LOOP):
        total += number
    return total


def hundred_rules() -> dmn.Model:
    """A table of 100 rules over three columns; the asked case meets the last one."""
    rules = [([f"[{n * 10}..{n * 10 + 10})", '"vip", "normal"', "-"], [f'"P{n}"']) for n in range(100)]
    columns = [("n", "number"), ("tier", "string"), ("open", "boolean")]
    logic = table(columns, [("priority", "string")], rules)
    content = "".join(input_data(name, type_) for name, type_ in columns)
    return dmn.read(definitions(content + decision("d", logic, inputs=["n", "tier", "open"])))


def rows() -> list[dict[str, Any]]:
    """The figures of FEEL and of decision tables, beside a calibration of the same run."""
    condition, model = feel.compile(CONDITION), hundred_rules()
    case = {"n": 995, "tier": "normal", "open": True}
    assert condition(FACTS) is True
    assert model.decide("d", case).value == "P99"
    calibration = best(pure_loop, 200)
    compiled = best(lambda: condition(FACTS), 5_000)
    decided = best(lambda: model.decide("d", case), 200)
    return [
        row("calibration: a pure Python loop of 1,000 rounds", calibration, "µs"),
        row("FEEL: a compiled condition of two comparisons", compiled, "µs", 5),
        row("FEEL: the same in calibration loops", compiled / calibration, "loops"),
        row("DMN: a table of 100 rules, with its explanation", decided, "µs", 300),
        row("DMN: the same in calibration loops", decided / calibration, "loops"),
    ]
