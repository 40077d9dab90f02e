"""Reading, checking and running diagrams; the only room that knows SpiffWorkflow."""

from loopdesk.engine.bpmn.activities import ERROR
from loopdesk.engine.bpmn.correlation import key_of
from loopdesk.engine.bpmn.execution import Execution
from loopdesk.engine.bpmn.expressions import Scope, evaluate, is_expression, words
from loopdesk.engine.bpmn.large import SMALL, Large, digest_of
from loopdesk.engine.bpmn.mapping import Places, suggest
from loopdesk.engine.bpmn.model import Diagrams, Element, Flow, Process
from loopdesk.engine.bpmn.moments import (
    Duration,
    first_due,
    next_due,
    read_cycle,
    read_duration,
    read_length,
    read_moment,
)
from loopdesk.engine.bpmn.obstacles import Obstacle
from loopdesk.engine.bpmn.outside import Outside, Visit
from loopdesk.engine.bpmn.program import Program, compile_diagrams
from loopdesk.engine.bpmn.reader import read
from loopdesk.engine.bpmn.readers import READER, READERS
from loopdesk.engine.bpmn.starts import Start
from loopdesk.engine.bpmn.surgery import Surgery
from loopdesk.engine.bpmn.throwing import Stuck, Uncaught
from loopdesk.engine.bpmn.transplant import Moved, Transplant, Wait
from loopdesk.engine.bpmn.xml import BPMN as NAMESPACE

__all__ = [
    "ERROR",
    "NAMESPACE",
    "READER",
    "READERS",
    "SMALL",
    "Diagrams",
    "Duration",
    "Element",
    "Execution",
    "Flow",
    "Large",
    "Moved",
    "Obstacle",
    "Outside",
    "Places",
    "Process",
    "Program",
    "Scope",
    "Start",
    "Stuck",
    "Surgery",
    "Transplant",
    "Uncaught",
    "Visit",
    "Wait",
    "compile_diagrams",
    "digest_of",
    "evaluate",
    "first_due",
    "is_expression",
    "key_of",
    "next_due",
    "read",
    "read_cycle",
    "read_duration",
    "read_length",
    "read_moment",
    "suggest",
    "words",
]
