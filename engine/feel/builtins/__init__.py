"""FEEL's built-in functions (DMN 1.5 §10.3.4), a file for each family."""

from loopdesk.engine.feel.builtins import (
    contexts,
    conversion,
    lists,
    numbers,
    ranges,
    sets,
    strings,
    temporal,
)
from loopdesk.engine.feel.builtins.registry import BUILTINS

__all__ = ["BUILTINS", "contexts", "conversion", "lists", "numbers", "ranges", "sets", "strings", "temporal"]
