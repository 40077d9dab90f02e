"""The RACI matrix of a process: the only source of who has to do a task, who is asked and who hears (HND-1, HND-3).

``raci.yaml`` maps each activity to ``{R: [support/agent], A: support/supervisor, C: [], I: [customer_success]}``.
A side is a department, with a role after a slash where one is meant; ``{to_department}`` and ``{case.department}``
stand for a process variable and for a fact of the case. Of several R each has a task; ``together: any`` says that one
is enough (HND-7).
"""

from loopdesk.desk.raci.checks import check
from loopdesk.desk.raci.matrix import FILE, LETTERS, Row, parse, written
from loopdesk.desk.raci.sides import assign, together

__all__ = ["FILE", "LETTERS", "Row", "assign", "check", "parse", "together", "written"]
