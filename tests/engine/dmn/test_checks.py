"""Issue 3: `check` finds what is wrong with a decision model before anyone asks it."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loopdesk.engine import dmn
from loopdesk.engine.findings import Finding
from loopdesk.tests.engine.dmn.models import decision, definitions, input_data, literal, table

Columns = Sequence[tuple[str, str] | tuple[str, str, str]]
Rules = Sequence[tuple[Sequence[str], Sequence[str]]]


def check_table(inputs: Columns, outputs: Columns, rules: Rules, **options: str) -> list[Finding]:
    logic = table(inputs, outputs, rules, **options)
    names = [column[0] for column in inputs]
    return dmn.check(definitions("".join(map(input_data, names)) + decision("d", logic, inputs=names)), file="x.dmn")


def rules_of(findings: list[Finding]) -> list[str]:
    return [finding.rule for finding in findings]


N = [("n", "number")]
OUT = [("out", "number")]


def test_a_sound_table_has_no_findings() -> None:
    assert check_table(N, OUT, [(["< 10"], ["1"]), (["[10..20]"], ["2"]), (["> 20"], ["3"])]) == []


@pytest.mark.parametrize(
    ("expected", "inputs", "outputs", "rules", "options"),
    [
        ("dmn.expression", N, OUT, [(["< < 10"], ["1"])], {}),
        ("dmn.expression", N, OUT, [(["-"], ["1 +"])], {}),
        ("dmn.overlap", N, OUT, [(["< 10"], ["1"]), (["> 5"], ["2"])], {}),
        ("dmn.overlap", N, OUT, [(["< 10"], ["1"]), (["> 5"], ["2"])], {"hit_policy": "ANY"}),
        ("dmn.gap", N, OUT, [(["< 10"], ["1"]), (["> 10"], ["2"])], {}),
        ("dmn.gap", [("s", "string")], OUT, [(['"a", "b"'], ["1"])], {}),
        ("dmn.gap", [("b", "boolean")], OUT, [(["true"], ["1"])], {}),
        ("dmn.masked", N, OUT, [(["-"], ["1"]), (["> 10"], ["2"])], {"hit_policy": "FIRST"}),
        ("dmn.type-mismatch", N, OUT, [(['"a"'], ["1"]), (["-"], ["2"])], {}),
        ("dmn.type-mismatch", N, OUT, [(["-"], ['"one"'])], {}),
        ("dmn.mixed-types", [("x", "Any")], OUT, [(['"a"'], ["1"]), (["5"], ["2"])], {}),
        ("dmn.allowed-values", [("s", "string", '"a", "b"')], OUT, [(['"c"'], ["1"]), (["-"], ["2"])],
         {"hit_policy": "FIRST"}),
        ("dmn.hit-policy", N, OUT, [(["-"], ["1"])], {"hit_policy": "PRIORITY"}),
        ("dmn.hit-policy", N, OUT, [(["-"], ["1"])], {"hit_policy": "FIRST", "aggregation": "SUM"}),
        ("dmn.hit-policy", N, [("a", "number"), ("b", "number")], [(["-"], ["1", "2"])],
         {"hit_policy": "COLLECT", "aggregation": "SUM"}),
        ("dmn.hit-policy", N, [("a", "string")], [(["-"], ['"x"'])], {"hit_policy": "COLLECT", "aggregation": "SUM"}),
        ("dmn.type", [("n", "tNothing")], OUT, [(["-"], ["1"])], {}),
        ("dmn.table", N, OUT, [], {}),
        ("dmn.table", N, OUT, [(["-", "-"], ["1"])], {}),
        ("dmn.table", N, [("", "number"), ("b", "number")], [(["-"], ["1", "2"])], {}),
        ("dmn.undecided", N, OUT, [(["> today().day"], ["1"])], {}),
        ("dmn.unknown-input", N, OUT, [(["> limit"], ["1"])], {}),
    ],
)  # fmt: skip
def test_each_fault_is_found(
    expected: str,
    inputs: Columns,
    outputs: Columns,
    rules: Rules,
    options: dict[str, str],
) -> None:
    findings = check_table(inputs, outputs, rules, **options)
    assert expected in rules_of(findings)
    for finding in findings:
        shown = finding.as_json()
        assert shown["file"] == "x.dmn"
        assert shown["element"]
        assert shown["message"]
        assert shown["remedy"]
        assert "%(" not in f"{shown['message']}{shown['remedy']}"


def test_a_gap_says_where_it_is() -> None:
    inputs: Columns = [("n", "number"), ("s", "string", '"a", "b"')]
    [gap] = check_table(inputs, OUT, [(["< 10", "-"], ["1"]), ([">= 10", '"a"'], ["2"])])
    assert gap.as_json()["message"] == 'No rule fires for n: 10, s: "b": the result is null there.'


def test_overlapping_rules_are_named() -> None:
    [finding] = check_table(N, OUT, [(["<= 10"], ["1"]), ([">= 10"], ["2"])])
    assert (finding.element, finding.params) == ("r2", {"rule": 1, "other": 2})


def test_days_in_a_row_leave_no_gap() -> None:
    rules = [(['<= date("2026-01-01")'], ["1"]), (['>= date("2026-01-02")'], ["2"])]
    assert check_table([("day", "date")], OUT, rules) == []


def test_faults_of_a_whole_model() -> None:
    content = (
        input_data("if")
        + input_data("n")
        + decision("a", literal("n"), decisions=["b", "gone"])
        + decision("b", literal("a"), decisions=["a"])
        + decision("empty", "")
        + decision("b", literal("1"))
        + '<import name="lib" namespace="http://example.org/gone" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
        + decision("js", '<literalExpression expressionLanguage="javascript"><text>1</text></literalExpression>')
    )
    found = {(finding.rule, finding.severity) for finding in dmn.check(definitions(content))}
    assert found >= {
        ("dmn.name", "error"),
        ("dmn.unknown-input", "error"),
        ("dmn.requirement", "error"),
        ("dmn.no-logic", "warning"),
        ("dmn.id", "error"),
        ("dmn.import", "error"),
        ("dmn.language", "error"),
    }


def test_allowed_values_that_are_no_feel() -> None:
    item = '<itemDefinition name="t"><typeRef>string</typeRef><allowedValues><text>"a",, "b"</text></allowedValues>'
    [finding] = dmn.check(definitions(item + "</itemDefinition>"))
    assert (finding.rule, finding.severity, finding.name) == ("dmn.expression", "error", "t")
    logic = table([("n", "number")], [("out", "string", '"a",, "b"')], [(["-"], ['"a"'])])
    found = dmn.check(definitions(input_data("n") + decision("d", logic, inputs=["n"])))
    assert [(one.rule, one.element) for one in found] == [("dmn.expression", "o1")]


def test_a_circle_is_found() -> None:
    content = decision("a", literal("b"), decisions=["b"]) + decision("b", literal("a"), decisions=["a"])
    found = dmn.check(definitions(content + decision("c", literal("a"), decisions=["a"])))
    assert [(one.rule, one.element) for one in found] == [("dmn.circle", "a"), ("dmn.circle", "b")]


def test_an_error_in_an_expression_has_its_place() -> None:
    [finding] = dmn.check(definitions(decision("d", literal("1 +\n *"))))
    assert (finding.params["line"], finding.params["column"]) == (2, 2)


bounds = st.integers(0, 6)
number_cells = st.one_of(
    st.just("-"),
    bounds.map(lambda n: f"< {n}"),
    bounds.map(lambda n: f">= {n}"),
    bounds.map(str),
    st.tuples(bounds, bounds).map(lambda t: f"[{min(t)}..{max(t)}]"),
    bounds.map(lambda n: f"not({n})"),
)
text_cells = st.sampled_from(["-", '"a"', '"b"', '"a", "b"', 'not("a")'])


@settings(derandomize=True, deadline=2000, max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(number_cells, text_cells), min_size=1, max_size=5))
def test_gaps_and_overlaps_are_those_that_deciding_shows(cells: list[tuple[str, str]]) -> None:
    """Every point is asked: a gap is reported when some point fires no rule, an overlap when one fires two."""
    rules = [(list(cell), [str(index)]) for index, cell in enumerate(cells)]
    inputs, outputs = [("n", "number"), ("s", "string")], [("out", "number")]
    head = input_data("n") + input_data("s")
    logic = table(inputs, outputs, rules, hit_policy="COLLECT")
    model = dmn.read(definitions(head + decision("d", logic, inputs=["n", "s"])))
    fired = [
        len(model.decide("d", {"n": n / 2, "s": s}).explanation["rules"])
        for n in range(-2, 16)
        for s in ("a", "b", "c")
    ]
    found = rules_of(check_table(inputs, outputs, rules))
    assert ("dmn.gap" in found) == (0 in fired)
    assert ("dmn.overlap" in found) == (max(fired) > 1)
