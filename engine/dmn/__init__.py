"""Decision tables and decision models (OMG DMN 1.1 to 1.5)."""

from loopdesk.engine.dmn.checks import check
from loopdesk.engine.dmn.decisions import Decision, Model, Outcome, read
from loopdesk.engine.dmn.namechecks import texts_of as texts

__all__ = ["Decision", "Model", "Outcome", "check", "read", "texts"]
