"""Which meaning a deployed diagram has: the number of the reader that it was deployed with (decision 0005).

What runs keeps the meaning with which it was deployed. A change of what a diagram that could be deployed before means
raises ``READER``; the places that differ ask for the number of the instance's deployment, and old ones stay here.
"""

from loopdesk.engine.errors import N_, Refused

READER = "2"
"""Stored with each deployment from now on."""
READERS = {
    "1": "0.1.0",
    READER: "0.2.0: what a scope with inputs wrote outlives its interruption, each plain start begins an instance, "
    "outputs see the element's own inputs, what is undone inside a sub-process sees the variables at its end",
}
"""All that can be run, with the release that brought each and what it changed."""


def require(reader: str) -> None:
    """Raise ``Refused`` for a reader that this release does not know, rather than run its diagrams differently."""
    if reader not in READERS:
        raise Refused(
            N_("The process was deployed with reader %(reader)s, which this release of Loopdesk does not know."),
            remedy=N_("Install the release that deployed it, or a newer one, and try again."),
            reader=reader,
        )
