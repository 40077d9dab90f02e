"""What a diagram must keep to before it may be deployed; each breach is a finding with a remedy, nothing is ignored."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from loopdesk.engine.bpmn.eventrules import check_event, check_zone
from loopdesk.engine.bpmn.expressions import body, compiled, is_expression
from loopdesk.engine.bpmn.model import EVENT_SUB_PROCESS, SCOPES, Diagrams, Element, Flow, Mapped, Process
from loopdesk.engine.bpmn.moments import read_duration, read_moment
from loopdesk.engine.bpmn.stylerules import check_style
from loopdesk.engine.bpmn.workrules import ACTIVITIES, check_condition, check_default, check_depth, check_work
from loopdesk.engine.errors import N_, Invalid, Phrase
from loopdesk.engine.findings import Finding, severity_of
from loopdesk.engine.host import Files

NAME = re.compile(r"[^\W\d]\w*( \w+)*")
"""Of a variable; FEEL's own names may hold blanks (DMN 1.3 §10.3.1.4)."""


def check(diagrams: Diagrams, files: Files) -> None:
    """Add the findings of every rule to the diagrams that were read."""
    for process in diagrams.processes.values():
        checker = _Checker(diagrams, process, files)
        checker.scopes()
        check_depth(checker)
        for flow in process.flows.values():
            checker.flow(flow)
        for element in process.elements.values():
            checker.element(element)
    _check_cycles(diagrams)


@dataclass
class _Checker:
    """The rules over one process."""

    diagrams: Diagrams
    process: Process
    files: Files

    def find(self, item: Element | Flow | None, rule: str, message: str, remedy: str, **params: object) -> None:
        """Add a finding at an element or flow, or at the process itself."""
        identity, name = (item.id, item.name) if item else (self.process.id, self.process.name)
        self.diagrams.findings.append(
            Finding(self.process.file, identity, name, rule, severity_of(rule), message, remedy, params)
        )

    # --- where tokens begin -------------------------------------------------------------------------------------

    def scopes(self) -> None:
        starts = [item for item in self.process.within(self.process.id) if item.kind == "startEvent"]
        if not starts and not self.process.beginnings(self.process.id):
            self.find(None, "start.missing", N_("The process has no start event."), N_("Draw one."))
        if sum(item.trigger.kind == "none" for item in starts) > 1:
            message = N_(
                "The process has several plain start events: a plain start begins an instance at each of them."
            )
            self.find(None, "style.starts", message, N_("Keep one, or draw one start that forks."))
        for scope in (item for item in self.process.elements.values() if item.kind in SCOPES):
            self._start_inside(scope)

    def _start_inside(self, scope: Element) -> None:
        inner = [item for item in self.process.within(scope.id) if item.kind == "startEvent"]
        if scope.kind == EVENT_SUB_PROCESS or scope.details.ad_hoc:
            return
        if len(inner) > 1 or any(item.trigger.kind != "none" for item in inner):
            message = N_("A sub-process begins at one start event without a trigger, or has none (BPMN 2.0.2 §13.3.4).")
            self.find(scope, "start.subprocess", message, N_("Draw one plain start event inside."))
        elif not self.process.within(scope.id):
            message = N_("The sub-process is empty; it is done as soon as it is reached.")
            self.find(scope, "read.empty", message, N_("Draw what happens inside."))
        elif not self.process.beginnings(scope.id):
            self.find(scope, "start.missing", N_("The sub-process has no start event."), N_("Draw one."))

    # --- sequence flows -----------------------------------------------------------------------------------------

    def flow(self, flow: Flow) -> None:
        source, target = self.process.elements.get(flow.source), self.process.elements.get(flow.target)
        if source is None or target is None or source.scope != flow.scope or target.scope != flow.scope:
            message = N_("The flow does not join two elements of the same process or sub-process.")
            self.find(flow, "flow.ends", message, N_("Connect it again in the editor."))
            return
        if target.kind in ("startEvent", "boundaryEvent"):
            message = N_("A flow cannot lead to a start or boundary event.")
            self.find(flow, "flow.target", message, N_("Lead it to another element."))
        if source.kind == "endEvent":
            self.find(flow, "flow.source", N_("A flow cannot leave an end event."), N_("Remove it."))
        check_condition(self, flow, source)

    # --- flow nodes ---------------------------------------------------------------------------------------------

    def element(self, element: Element) -> None:
        leaving, arriving = self.process.leaving(element.id), self.process.arriving(element.id)
        begins = element.kind in ("startEvent", "boundaryEvent") or element.trigger.has("link")
        apart = element.trigger.has("link") or self.process.begins_itself(element)
        apart = apart or all(trigger.kind == "compensation" for trigger in element.trigger.each)
        if not begins and not arriving and not self.process.begins_itself(element):
            message = N_("Nothing leads to this element, so it would never be reached.")
            self.find(element, "flow.unreachable", message, N_("Connect it or remove it."))
        if not leaving and not apart and (begins or "Gateway" in element.kind):
            self.find(element, "flow.dead-end", N_("Nothing follows this element."), N_("Draw what comes next."))
        elif not leaving and not apart and element.kind != "endEvent":
            message = N_("The way ends here without an end event.")
            self.find(element, "style.end", message, N_("Draw an end event."))
        check_default(self, element)
        check_work(self, element)
        check_event(self, element)
        check_style(self, element)
        self._mappings(element)
        if element.kind in RULES:
            RULES[element.kind](self, element)

    def _mappings(self, element: Element) -> None:
        for line in (*element.extras.inputs, *element.extras.outputs):
            self._target(element, line)
            self.feel(element, line.source)
        limit, due = element.extras.properties.get("timeLimit", ""), element.extras.due
        for text in (element.extras.assignee, limit, due):
            self.feel(element, text)
        for rule, text, read in (("task.limit", limit, read_duration), ("task.due", due, read_moment)):
            if text and not is_expression(text):
                try:
                    read(text)
                except Invalid as error:
                    self.find(element, rule, error.message, error.remedy, **error.params)
                else:
                    check_zone(self, element, text)

    def _target(self, element: Element, line: Mapped) -> None:
        parts = line.target.split(".")
        if not all(NAME.fullmatch(part) for part in parts) or parts[0] == "case":
            message = N_("“%(target)s” cannot be the name of a variable.")
            remedy = N_("Use letters, digits, blanks and “_”; “case” is the case itself.")
            self.find(element, "mapping.target", message, remedy, target=line.target)

    def feel(self, item: Element | Flow, text: str) -> None:
        if not is_expression(text):
            return
        try:
            compiled(body(text))
        except Invalid as error:
            message = N_("The expression “%(text)s” is not FEEL: %(reason)s")
            remedy = N_("Correct the expression.")
            self.find(item, "feel.syntax", message, remedy, text=text, reason=Phrase(error.message, **error.params))

    # --- one rule per kind of element ---------------------------------------------------------------------------

    def boundary_event(self, element: Element) -> None:
        host = self.process.elements.get(element.attached_to)
        if host is None or host.kind not in ACTIVITIES or host.scope != element.scope:
            message = N_("The boundary event is not attached to an activity beside it.")
            self.find(element, "event.attached", message, N_("Attach it to a task or sub-process."))

    def event_gateway(self, element: Element) -> None:
        targets = [self.process.elements.get(flow.target) for flow in self.process.leaving(element.id)]
        if len(targets) < 2:
            message = N_("An event gateway needs at least two events to choose from.")
            self.find(element, "gateway.events", message, N_("Draw the events that may come."))
        for target in targets:
            wrong = target is not None and target.kind not in ("intermediateCatchEvent", "receiveTask")
            if target is not None and (wrong or len(self.process.arriving(target.id)) > 1):
                message = N_("After an event gateway only catch events may follow, reached by this gateway alone.")
                self.find(target, "gateway.events", message, N_("Draw a message or timer catch event."))
        self._receive_tasks([target for target in targets if target is not None])

    def _receive_tasks(self, targets: list[Element]) -> None:
        """Behind an event gateway they stand instead of message events, without events of their own (§10.6.6)."""
        messages = any(item.kind == "intermediateCatchEvent" and item.trigger.has("message") for item in targets)
        for target in targets:
            bordered = bool(self.process.boundaries(target.id))
            if target.kind == "receiveTask" and (messages or bordered):
                message = N_(
                    "After an event gateway a receive task has no boundary events and no message event beside it."
                )
                remedy = N_("Draw a message catch event instead of it, and a timer event after the gateway.")
                self.find(target, "gateway.events", message, remedy)

    def user_task(self, element: Element) -> None:
        form = element.extras.form
        if form and f"{form}.form" not in self.files:
            message = N_("The form “%(form)s” is not in this folder.")
            self.find(
                element, "draft.form", message, N_("Add the file %(form)s.form or choose another form."), form=form
            )

    def service_task(self, element: Element) -> None:
        if not element.extras.task or is_expression(element.extras.task):
            message = N_("The task does not name the operation that it calls.")
            self.find(element, "draft.operation", message, N_("Enter the name of an operation as the job type."))

    def send_task(self, element: Element) -> None:
        if element.trigger.kind != "message":
            self.service_task(element)

    def script_task(self, element: Element) -> None:
        if not is_expression(element.extras.script) and not element.extras.program:
            message = N_("The script is not a FEEL expression; other languages are not run.")
            self.find(element, "draft.script", message, N_("Choose “FEEL expression” and begin it with “=”."))
        self.feel(element, element.extras.script)

    def rule_task(self, element: Element) -> None:
        if not element.extras.decision:
            message = N_("The task does not name the decision that it asks.")
            self.find(element, "draft.decision", message, N_("Enter the decision's id."))

    def call_activity(self, element: Element) -> None:
        called = element.extras.called
        if called not in self.diagrams.processes and self.diagrams.unread:
            return  # it may be in the file that cannot be read
        if called not in self.diagrams.processes:
            message = N_("The called process “%(called)s” is not in this folder.")
            self.find(element, "draft.call", message, N_("Put its diagram into the same folder."), called=called)
        elif not self.diagrams.processes[called].beginnings(called):
            message = N_("The called process “%(called)s” has no plain start event.")
            self.find(element, "call.start", message, N_("Give it one."), called=called)


RULES: Mapping[str, Callable[[_Checker, Element], None]] = {
    "boundaryEvent": _Checker.boundary_event,
    "eventBasedGateway": _Checker.event_gateway,
    "userTask": _Checker.user_task,
    "serviceTask": _Checker.service_task,
    "sendTask": _Checker.send_task,
    "scriptTask": _Checker.script_task,
    "businessRuleTask": _Checker.rule_task,
    "callActivity": _Checker.call_activity,
}


def _check_cycles(diagrams: Diagrams) -> None:
    calls = {
        process.id: [item for item in process.elements.values() if item.kind == "callActivity"]
        for process in diagrams.processes.values()
    }
    for process in diagrams.processes.values():
        reached, ahead = set[str](), [process.id]
        while ahead:
            for call in calls.get(ahead.pop(), []):
                if call.extras.called not in reached:
                    reached.add(call.extras.called)
                    ahead.append(call.extras.called)
        if process.id in reached:
            message = N_("The process calls itself, directly or through others, and would never end.")
            remedy = N_("Draw a loop instead.")
            diagrams.findings.append(
                Finding(process.file, process.id, process.name, "call.cycle", "error", message, remedy)
            )
