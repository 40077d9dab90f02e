"""FEEL's tree to closures: what can be decided from the text is decided once, here."""

from loopdesk.engine.feel.compiler import calls, loops, names, operators, tests
from loopdesk.engine.feel.compiler.core import Code, Scope, Unit, code

__all__ = ["Code", "Scope", "Unit", "calls", "code", "loops", "names", "operators", "tests"]
