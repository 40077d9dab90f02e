"""Loading what a process of the house is made of."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def undisturbed() -> Iterator[None]:
    """No collection of garbage while modules load: they only add, and looking through them took a fifth of a start.

    Whether anything was collected before is as it was afterwards, also when loading fails.
    """
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()
