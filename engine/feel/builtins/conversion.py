"""``number``, ``string`` and ``range`` (DMN 1.5 §10.3.4.1)."""

import re
from decimal import Decimal
from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.arithmetic import DECIMAL, number
from loopdesk.engine.feel.builtins.registry import BUILTINS, builtin
from loopdesk.engine.feel.compare import compare
from loopdesk.engine.feel.errors import FeelError, Null
from loopdesk.engine.feel.nodes import Call, Literal, Name, Node, RangeNode
from loopdesk.engine.feel.parser import parse
from loopdesk.engine.feel.reader import Names
from loopdesk.engine.feel.runtime import Run
from loopdesk.engine.feel.text import text_of
from loopdesk.engine.feel.values import Range, kind

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,6})?", re.ASCII)
GROUPING = (" ", ".", ",")
DECIMAL_SIGNS = (".", ",")
RANGE_NAMES = Names(("date and time",))
ENDS = ("date", "time", "date and time", "duration")


@builtin("number", "from: string, [grouping separator: string?], [decimal separator: string?]")
def to_number(from_: str, grouping: str | None = None, sign: str | None = None) -> Decimal:
    """The number a text writes, with the separators it uses."""
    if grouping is not None and grouping not in GROUPING:
        raise Null(N_("The grouping separator must be a space, a comma or a point."))
    if sign is not None and sign not in DECIMAL_SIGNS:
        raise Null(N_("The decimal separator must be a comma or a point."))
    if grouping is not None and grouping == sign:
        raise Null(N_("The two separators must differ."))
    text = from_.replace(grouping, "") if grouping else from_
    text = text.replace(sign, ".") if sign else text
    if not NUMBER.fullmatch(text):
        raise Null(N_("%(text)r is no number."), text=from_)
    return number(DECIMAL.create_decimal, text)


@builtin("number", "from: number")
def same_number(from_: Decimal) -> Decimal:
    """A number is one already."""
    return from_


@builtin("string", "from: any")
def to_string(from_: Any) -> str:
    """The text of any value but null."""
    if from_ is None:
        raise Null(N_("null has no text."))
    return text_of(from_)


@builtin("range", "from: string", run=True)
def to_range(run: Run, from_: str) -> Range:
    """The range a text writes; its ends must be literals in order."""
    try:
        node = parse(from_, RANGE_NAMES)
    except FeelError as error:
        raise Null(N_("%(text)r is no range."), text=from_) from error
    if not isinstance(node, RangeNode) or node.op or node.start is None or node.end is None:
        raise Null(N_("%(text)r is no range."), text=from_)
    start, end = _end(run, node.start), _end(run, node.end)
    order = compare(start, end)
    if order is None or order > 0:
        raise Null(N_("There is no range from %(start)s to %(end)s."), start=kind(start), end=kind(end))
    return Range(start, end, node.start_included, node.end_included)


def _end(run: Run, node: Node) -> Any:
    match node:
        case Literal():
            return node.value
        case Call(callee=Name(name=name), arguments=(Literal(value=value),)) if name in ENDS:
            return BUILTINS[name].call(run, [value])
    raise Null(N_("The ends of such a range must be literals."))
