"""Small decision models for tests."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def definitions(content: str, *, namespace: str = NAMESPACE, name: str = "model") -> bytes:
    """A whole file around ``content``."""
    return (
        f'<definitions xmlns="{namespace}" id="model" name="{name}" namespace="http://example.org/{name}">'
        f"{content}</definitions>"
    ).encode()


def text(tag: str, value: str, **attributes: str) -> str:
    """An element with a ``text`` child."""
    named = "".join(f' {key}="{escape(item)}"' for key, item in attributes.items())
    return f"<{tag}{named}><text>{escape(value)}</text></{tag}>"


def literal(expression: str) -> str:
    """A literal expression."""
    return text("literalExpression", expression)


def input_data(name: str, type_: str = "") -> str:
    """An input data element whose id is its name in lower case."""
    kind = f' typeRef="{type_}"' if type_ else ""
    return f'<inputData id="in_{name}" name="{name}"><variable name="{name}"{kind}/></inputData>'


def decision(name: str, logic: str, *, inputs: Sequence[str] = (), decisions: Sequence[str] = (),
             knowledge: Sequence[str] = (), type_: str = "") -> str:  # fmt: skip
    """A decision whose id is its name."""
    kind = f' typeRef="{type_}"' if type_ else ""
    wanted = "".join(
        f'<informationRequirement><requiredInput href="#in_{one}"/></informationRequirement>' for one in inputs
    )
    wanted += "".join(
        f'<informationRequirement><requiredDecision href="#{one}"/></informationRequirement>' for one in decisions
    )
    wanted += "".join(
        f'<knowledgeRequirement><requiredKnowledge href="#{one}"/></knowledgeRequirement>' for one in knowledge
    )
    return f'<decision id="{name}" name="{name}"><variable name="{name}"{kind}/>{wanted}{logic}</decision>'


def table(
    inputs: Sequence[tuple[str, str] | tuple[str, str, str]],
    outputs: Sequence[tuple[str, str] | tuple[str, str, str]],
    rules: Sequence[tuple[Sequence[str], Sequence[str]]],
    *,
    hit_policy: str = "UNIQUE",
    aggregation: str = "",
    default: str = "",
) -> str:
    """A decision table: columns are (expression or name, type, allowed values), rules (input cells, output cells)."""
    columns = ""
    for index, (expression, type_, *values) in enumerate(inputs, 1):
        allowed = text("inputValues", values[0]) if values else ""
        columns += f'<input id="i{index}">{text("inputExpression", expression, typeRef=type_)}{allowed}</input>'
    for index, (name, type_, *values) in enumerate(outputs, 1):
        allowed = text("outputValues", values[0]) if values else ""
        fallback = text("defaultOutputEntry", default) if default else ""
        columns += f'<output id="o{index}" name="{name}" typeRef="{type_}">{allowed}{fallback}</output>'
    rows = "".join(
        f'<rule id="r{index}">'
        + "".join(text("inputEntry", cell) for cell in cells)
        + "".join(text("outputEntry", cell) for cell in answers)
        + text("annotationEntry", f"note {index}")
        + "</rule>"
        for index, (cells, answers) in enumerate(rules, 1)
    )
    extra = f' aggregation="{aggregation}"' if aggregation else ""
    return f'<decisionTable id="table" hitPolicy="{hit_policy}"{extra}>{columns}{rows}</decisionTable>'
