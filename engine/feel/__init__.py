"""FEEL 1.5, the expression language of diagrams, tables and forms (OMG DMN 1.5 chapter 10)."""

from loopdesk.engine.feel.errors import FeelError
from loopdesk.engine.feel.expression import (
    Explained,
    Expression,
    UnaryTests,
    compile,  # noqa: A004 - read after a dot, like re.compile
    compile_unary,
    evaluate,
)
from loopdesk.engine.feel.runtime import Cause
from loopdesk.engine.feel.values import to_json

__all__ = [
    "Cause",
    "Explained",
    "Expression",
    "FeelError",
    "UnaryTests",
    "compile",
    "compile_unary",
    "evaluate",
    "to_json",
]
