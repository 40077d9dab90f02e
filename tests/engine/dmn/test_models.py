"""Issue 3: decision models: requirements, functions, services, types, versions, imports, bad files."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest

from loopdesk.engine import dmn
from loopdesk.engine.dmn.xml import NAMESPACES
from loopdesk.engine.errors import Invalid, Missing
from loopdesk.engine.feel import FeelError, to_json
from loopdesk.tests.engine.dmn.models import decision, definitions, input_data, literal, table


class Facts(Mapping[str, object]):
    """Facts of a case, computed when asked for."""

    def __init__(self, values: dict[str, object]) -> None:
        self.values_ = values

    def __getitem__(self, key: str) -> object:
        return self.values_[key]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("facts must not be walked over")

    def __len__(self) -> int:
        raise AssertionError("facts must not be counted")


def test_required_decisions_come_first_and_are_explained() -> None:
    content = (
        input_data("n", "number")
        + decision("sum", literal("double + 1"), decisions=["double"])
        + decision("double", literal("n * 2"), inputs=["n"], type_="number")
    )
    outcome = dmn.read(definitions(content)).decide("sum", {"n": 4})
    assert outcome.value == 9
    assert [one["decision"] for one in outcome.explanation["required"]] == ["double"]
    assert outcome.explanation["required"][0]["output"] == 8
    json.dumps(outcome.explanation)


def test_a_decision_is_found_by_id_or_name() -> None:
    data = definitions(
        '<decision id="d1" name="The answer"><variable name="The answer"/>' + literal("42") + "</decision>"
    )
    model = dmn.read(data)
    assert model.decide("d1", {}).value == model.decide("The answer", {}).value == 42
    assert model.decisions["d1"].name == "The answer"
    with pytest.raises(Missing, match="The answer"):
        model.decide("other", {})


def test_a_variable_may_be_named_otherwise_than_its_decision() -> None:
    content = (
        '<decision id="Decision_1" name="Find the level"><variable name="level"/>' + literal('"high"') + "</decision>"
        '<decision id="Decision_2" name="Answer"><variable name="answer"/><informationRequirement>'
        '<requiredDecision href="#Decision_1"/></informationRequirement>'
        + literal("[level, Decision_1]")
        + "</decision>"
    )
    model = dmn.read(definitions(content))
    for name in ("Decision_2", "Answer", "answer"):
        assert model.decide(name, {}).value == ["high", "high"]
    assert dmn.check(definitions(content)) == []


def test_undeclared_data_and_lazy_facts_are_read_from_the_scope() -> None:
    logic = table([("case.priority", "string"), ("case.age", "number")], [("out", "string")],
                  [(['"P0"', "> 5"], ['"now"']), (["-", "-"], ['"later"'])], hit_policy="FIRST")  # fmt: skip
    model = dmn.read(definitions(decision("d", logic)))
    assert model.decide("d", Facts({"case": Facts({"priority": "P0", "age": 6})})).value == "now"
    assert model.decide("d", {"case": {"priority": "P0", "age": 5}}).value == "later"


def test_required_facts_are_not_walked_over() -> None:
    content = input_data("case") + decision("d", literal("case.priority"), inputs=["case"])
    outcome = dmn.read(definitions(content)).decide("d", Facts({"case": Facts({"priority": "P0"})}))
    assert (outcome.value, outcome.explanation["inputs"]) == ("P0", [])


def test_what_is_not_required_is_not_seen() -> None:
    content = input_data("n") + decision("other", literal("1")) + decision("d", literal("[n, other]"))
    assert dmn.read(definitions(content)).decide("d", {"n": 1, "other": 2}).value == [None, None]


def test_knowledge_is_a_function_that_may_call_itself() -> None:
    knowledge = (
        '<businessKnowledgeModel id="fac" name="fac"><variable name="fac"/><encapsulatedLogic>'
        '<formalParameter name="n" typeRef="number"/>' + literal("if n < 2 then 1 else n * fac(n - 1)")
        + "</encapsulatedLogic></businessKnowledgeModel>"
    )  # fmt: skip
    content = knowledge + decision("d", literal("fac(5)"), knowledge=["fac"])
    assert dmn.read(definitions(content)).decide("d", {}).value == 120
    wrong = knowledge + decision("d", literal('fac("x")'), knowledge=["fac"])
    assert dmn.read(definitions(wrong)).decide("d", {}).value is None


def test_a_service_answers_with_its_output_decisions() -> None:
    content = (
        input_data("n", "number")
        + decision("a", literal("n + 1"), inputs=["n"])
        + decision("b", literal("a * 2"), decisions=["a"])
        + '<decisionService id="s" name="s"><variable name="s"/><outputDecision href="#b"/>'
        '<encapsulatedDecision href="#a"/><inputData href="#in_n"/></decisionService>'
        '<decisionService id="t" name="t"><variable name="t"/><outputDecision href="#b"/><inputDecision href="#a"/>'
        "</decisionService>"
        + decision("d", literal("[s(1), t(10)]"), knowledge=["s", "t"])
    )  # fmt: skip
    model = dmn.read(definitions(content))
    assert model.serve("s", {"n": 1}) == 4
    assert model.serve("t", {"a": 10}) == 20
    assert to_json(model.decide("d", {}).value) == [4, 20]


def test_types_of_items_are_kept() -> None:
    items = (
        '<itemDefinition name="tLevel"><typeRef>string</typeRef>'
        '<allowedValues><text>"gold", "silver"</text></allowedValues>'
        '</itemDefinition><itemDefinition name="tCustomer"><itemComponent name="level"><typeRef>tLevel</typeRef>'
        '</itemComponent></itemDefinition><itemDefinition name="tList" isCollection="true"><typeRef>number</typeRef>'
        "</itemDefinition>"
    )
    content = (
        items + input_data("customer", "tCustomer") + input_data("list", "tList")
        + decision("d", literal("customer.level"), inputs=["customer"])
        + decision("sum", literal("sum(list)"), inputs=["list"])
    )  # fmt: skip
    model = dmn.read(definitions(content))
    assert model.decide("d", {"customer": {"level": "gold"}}).value == "gold"
    refused = model.decide("d", {"customer": {"level": "lead"}})
    assert refused.value is None
    assert refused.explanation["causes"]
    assert model.decide("sum", {"list": [1, 2]}).value == 3
    assert model.decide("sum", {"list": 5}).value == 5


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_all_versions_are_read(namespace: str) -> None:
    data = definitions(decision("d", literal("1 + 1")), namespace=namespace)
    assert dmn.read(data).decide("d", {}).value == 2


def test_imported_files_are_found_by_namespace() -> None:
    other = definitions(input_data("n") + decision("d", literal("n + 1"), inputs=["n"]), name="other")
    content = (
        '<import name="lib" namespace="http://example.org/other" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
        '<decision id="x" name="x"><variable name="x"/><informationRequirement>'
        '<requiredDecision href="http://example.org/other#d"/></informationRequirement>'
        + literal("lib.d * 10") + "</decision>"
    )  # fmt: skip
    model = dmn.read(definitions(content), imports={"other.dmn": other})
    assert model.decide("x", {"n": 1}).value == 20
    assert model.decisions["x"].inputs == ("n",)


def test_files_that_import_each_other_are_refused() -> None:
    one = definitions('<import name="b" namespace="http://example.org/b" importType="x"/>', name="a")
    two = definitions('<import name="a" namespace="http://example.org/a" importType="x"/>', name="b")
    with pytest.raises(Invalid, match="circle"):
        dmn.read(one, imports={"b.dmn": two})


def test_decisions_that_require_each_other_are_refused_when_asked() -> None:
    content = decision("a", literal("b"), decisions=["b"]) + decision("b", literal("a"), decisions=["a"])
    model = dmn.read(definitions(content + decision("free", literal("1"))))
    assert model.decide("free", {}).value == 1
    with pytest.raises(Invalid, match="circle"):
        model.decide("a", {})
    own = dmn.read(definitions(decision("a", literal("a"), decisions=["a"])))
    with pytest.raises(Invalid, match="circle"):
        own.decide("a", {})


def test_a_long_chain_of_decisions_is_fine() -> None:
    chain = decision("d0", literal("1")) + "".join(
        decision(f"d{index}", literal(f"d{index - 1} + 1"), decisions=[f"d{index - 1}"]) for index in range(1, 1500)
    )
    assert dmn.read(definitions(chain)).decide("d1499", {}).value == 1500


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no well-formed XML"),
        (b"<definitions", "no well-formed XML"),
        (b"<definitions/>", "no DMN"),
        (b"<html xmlns='http://www.w3.org/1999/xhtml'/>", "no DMN"),
        (b"\x00\xff\xfe binary", "no well-formed XML"),
        (b"[" * 1000, "no well-formed XML"),
        (definitions("<a>" * 300 + "</a>" * 300), "no well-formed XML"),
        (b" " * 20_000_001, "larger than"),
        (definitions(decision("d", '<decisionTable hitPolicy="BEST"/>')), "hit policy"),
    ],
    ids=range(9),
)
def test_what_is_no_dmn_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        dmn.read(data, file="x.dmn")
    [finding] = dmn.check(data, file="x.dmn")
    assert (finding.severity, finding.rule, finding.file) == ("error", "dmn.file", "x.dmn")


def test_entities_and_other_files_are_not_read(tmp_path: object) -> None:
    secret = '<!DOCTYPE definitions [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
    body = definitions(decision("d", '<literalExpression><text>"&secret;"</text></literalExpression>')).decode()
    with pytest.raises(Invalid, match="document type"):
        dmn.read((secret + body).encode())
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    with pytest.raises(Invalid):
        dmn.read((bomb + body.replace("secret", "b")).encode())


def test_expressions_that_are_none_give_null_with_the_cause() -> None:
    outcome = dmn.read(definitions(decision("d", literal("1 +")))).decide("d", {})
    assert outcome.value is None
    assert "ends too early" in outcome.explanation["causes"][0]["text"]


def test_the_time_is_handed_in() -> None:
    model = dmn.read(definitions(decision("d", literal("now()")) + decision("e", literal("today()"))))
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert model.decide("d", {}, now=now).value == now
    assert str(model.decide("e", {}, now=now).value) == "2026-03-02"


def test_limits_hold_across_a_model() -> None:
    model = dmn.read(definitions(decision("d", literal("for i in 1..1e12 return i"))))
    with pytest.raises(FeelError, match="steps"):
        model.decide("d", {})


def test_a_table_of_ten_thousand_rules() -> None:
    rules = [([f"[{n * 10}..{n * 10 + 10})", '"a", "b"'], [f'"out{n}"']) for n in range(10_000)]
    logic = table([("n", "number"), ("s", "string")], [("out", "string")], rules)
    data = definitions(input_data("n") + input_data("s") + decision("d", logic, inputs=["n", "s"]))
    assert dmn.read(data).decide("d", {"n": 99_995, "s": "b"}).value == "out9999"
    findings = dmn.check(data)
    assert [finding.rule for finding in findings] == ["dmn.gap"]
