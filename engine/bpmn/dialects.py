"""Camunda 7, Activiti, Flowable and SpiffWorkflow extensions, said again in the dialect of Camunda 8 that we read.

Programs that a file names (Java classes, delegates, scripts) are never run; a finding says so.
"""

from collections.abc import Callable, Mapping

from lxml import etree

from loopdesk.engine.bpmn.languages import to_feel
from loopdesk.engine.bpmn.moments import read_moment
from loopdesk.engine.bpmn.remarks import Remarks
from loopdesk.engine.bpmn.xml import BPMN, CAMUNDA, SPIFF, ZEEBE, is_bpmn, local
from loopdesk.engine.errors import N_, Invalid

Ids = Mapping[str, etree._Element]
PROGRAMS = ("class", "delegateExpression", "expression", "script")
PEOPLE = ("candidateGroups", "candidateUsers")
READ = frozenset(
    {*PROGRAMS, *PEOPLE, "assignee", "collection", "decisionRef", "dueDate", "elementVariable", "formKey", "formRef"}
    | {"topic", "type"}
)
"""Attributes of Camunda 7 and its kin that have a meaning here, or a finding of their own."""
LISTENERS = frozenset({"executionListener", "taskListener", "preScript", "postScript"})
"""Programs around an element: to leave them out would change what it does."""


def translate(node: etree._Element, ids: Ids, remarks: Remarks) -> None:
    """Write the foreign extensions of one BPMN node as zeebe extension elements beside them."""
    task = {"serviceTask": _service, "sendTask": _service, "userTask": _user, "scriptTask": _script}
    more: dict[str, Callable[[etree._Element, Remarks], None]] = {
        **task,
        "businessRuleTask": _rule,
        "callActivity": _call,
        "multiInstanceLoopCharacteristics": _many,
    }
    kind = local(node)
    _ignored(node, remarks)
    if kind in ("serviceTask", "sendTask"):
        _operation(node, ids, remarks)
    if kind in more:
        more[kind](node, remarks)
    if not is_bpmn(node) or kind == "process":
        return
    _mappings(node, remarks)
    _listeners(node, remarks)


def _foreign(node: etree._Element, name: str) -> str:
    return next((node.get(f"{{{space}}}{name}", "") for space in CAMUNDA if f"{{{space}}}{name}" in node.attrib), "")


def _extension(node: etree._Element, namespaces: tuple[str, ...], tag: str) -> etree._Element | None:
    for space in namespaces:
        found = node.find(f"{{{BPMN}}}extensionElements/{{{space}}}{tag}")
        if found is not None:
            return found
    return None


def _add(node: etree._Element, tag: str, **values: str) -> etree._Element | None:
    """A zeebe extension element, unless the file has one already."""
    if _extension(node, (ZEEBE,), tag) is not None:
        return None
    parent = node.find(f"{{{BPMN}}}extensionElements")
    if parent is None:
        parent = etree.SubElement(node, f"{{{BPMN}}}extensionElements")
    return etree.SubElement(parent, f"{{{ZEEBE}}}{tag}", values)


def _read(node: etree._Element, remarks: Remarks, what: str, value: str) -> None:
    message = N_("“%(what)s” of another tool is read: “%(value)s”.")
    remarks.add(node, "read.dialect", message, N_("Nothing to do."), what=what, value=value)


def _operation(node: etree._Element, ids: Ids, remarks: Remarks) -> None:
    """The operation of a service interface (BPMN 2.0.2 §8.4.3): its message, or its name as the job type."""
    operation = ids.get(node.get("operationRef", ""))
    if operation is None:
        return
    message = operation.find(f"{{{BPMN}}}inMessageRef")
    if local(node) == "sendTask" and not node.get("messageRef") and message is not None:
        node.set("messageRef", (message.text or "").strip().rpartition(":")[2])
    elif operation.get("name") and _add(node, "taskDefinition", type=operation.get("name", "")) is not None:
        _read(node, remarks, "operationRef", operation.get("name", ""))


def _service(node: etree._Element, remarks: Remarks) -> None:
    topic = _foreign(node, "topic")
    operator = _extension(node, SPIFF, "serviceTaskOperator")
    name = topic or (operator.get("id", "") if operator is not None else "")
    if name and _add(node, "taskDefinition", type=name) is not None:
        _read(node, remarks, "topic" if topic else "serviceTaskOperator", name)
    for program in PROGRAMS:
        if _foreign(node, program):
            message = N_("The program “%(program)s” (%(what)s) is not run.")
            remedy = N_("Enter the name of an operation as the job type.")
            remarks.add(node, "read.program", message, remedy, what=program, program=_foreign(node, program))


def _user(node: etree._Element, remarks: Remarks) -> None:
    form, assignee = _foreign(node, "formRef") or _foreign(node, "formKey"), _foreign(node, "assignee")
    schema = _extension(node, SPIFF, "properties")
    if form:
        _add(node, "formDefinition", formId=form.rpartition(":")[2].rpartition("/")[2].removesuffix(".form"))
        _read(node, remarks, "formKey", form)
    elif schema is not None:
        names = [line.get("value", "") for line in schema if line.get("name") == "formJsonSchemaFilename"]
        if any(names):
            _add(node, "formDefinition", formId=names[0].removesuffix(".json"))
            _read(node, remarks, "formJsonSchemaFilename", names[0])
    if assignee:
        _add(node, "assignmentDefinition", assignee=to_feel(assignee) or assignee)
        _read(node, remarks, "assignee", assignee)
    _due(node, remarks)
    schedule = _extension(node, (ZEEBE,), "taskSchedule")
    if schedule is not None and schedule.get("followUpDate"):
        message = N_("A follow-up date is kept and not used.")
        remarks.add(node, "read.schedule", message, N_("Draw a timer event where somebody has to be reminded."))
    if _extension(node, (ZEEBE,), "priorityDefinition") is not None:
        message = N_("A task has the priority of its case; “%(tag)s” is kept and not used.")
        remarks.add(node, "read.priority", message, N_("Let a decision table set it."), tag="priorityDefinition")
    people = [_foreign(node, name) for name in PEOPLE if _foreign(node, name)]
    roles = [local(part) for part in node if is_bpmn(part) and local(part) in ROLES]
    if people or roles:
        message = N_("Who may do the task (%(who)s) is decided by the folder's raci.yaml.")
        who = ", ".join(people) or ", ".join(roles)
        remarks.add(node, "read.people", message, N_("Enter the people there."), who=who)


def _due(node: etree._Element, remarks: Remarks) -> None:
    """When a task is due: a moment, or an expression whose meaning is sure; anything else has no effect."""
    text = _foreign(node, "dueDate")
    said = to_feel(text) if text.startswith(("${", "#{")) else text if _is_moment(text) else None
    if said is not None and _add(node, "taskSchedule", dueDate=said) is not None:
        _read(node, remarks, "dueDate", text)
    elif text:
        _no_effect(node, remarks, "dueDate", text)


def _is_moment(text: str) -> bool:
    try:
        read_moment(text)
    except Invalid:
        return False
    return True


def _ignored(node: etree._Element, remarks: Remarks) -> None:
    """Tell which attributes of another tool change nothing here."""
    read = READ | ({"resultVariable"} if local(node) in ("scriptTask", "businessRuleTask") else set())
    for tag, value in node.attrib.items():
        name = etree.QName(tag)
        if name.namespace in CAMUNDA and name.localname not in read:
            _no_effect(node, remarks, name.localname, str(value))


def _no_effect(node: etree._Element, remarks: Remarks, what: str, value: str) -> None:
    message = N_("“%(what)s” of another tool has no effect here: “%(value)s”.")
    remedy = N_("Draw it in BPMN where it matters.")
    remarks.add(node, "read.ignored", message, remedy, what=what, value=value)


ROLES = frozenset({"performer", "humanPerformer", "potentialOwner", "resourceRole"})
"""BPMN's own ways to say who does a task (§10.3.1)."""


def _script(node: etree._Element, remarks: Remarks) -> None:
    script = node.find(f"{{{BPMN}}}script")
    text = (script.text or "").strip() if script is not None else ""
    result = _foreign(node, "resultVariable")
    language = node.get("scriptFormat", "")
    found = to_feel(text, language) if text.startswith("=") or "feel" in language.lower() else None
    if found is not None and _add(node, "script", expression=found, resultVariable=result) is not None:
        _read(node, remarks, "script", text)


def _rule(node: etree._Element, remarks: Remarks) -> None:
    called = _extension(node, SPIFF, "calledDecisionId")
    decision = _foreign(node, "decisionRef") or ((called.text or "").strip() if called is not None else "")
    if decision:
        _add(node, "calledDecision", decisionId=decision, resultVariable=_foreign(node, "resultVariable"))
        _read(node, remarks, "decisionRef", decision)
    _service(node, remarks)


def _many(node: etree._Element, remarks: Remarks) -> None:
    collection = _foreign(node, "collection")
    if collection:
        said = to_feel(collection, value=True) or collection
        _add(node, "loopCharacteristics", inputCollection=said, inputElement=_foreign(node, "elementVariable"))
        _read(node, remarks, "collection", collection)


def _call(node: etree._Element, _remarks: Remarks) -> None:
    """BPMN's own ``calledElement`` (§10.3.6), with Camunda 7's variables in and out."""
    called = node.get("calledElement", "")
    lines = [part for part in node.iterfind(f"{{{BPMN}}}extensionElements/*") if _camunda(part)]
    given = [part for part in lines if local(part) in ("in", "out") and not part.get("businessKey")]
    whole = {local(part) for part in given if part.get("variables") == "all"}
    if called:
        _add(
            node,
            "calledElement",
            processId=called,
            propagateAllParentVariables=str(not given or "in" in whole).lower(),
            propagateAllChildVariables=str(not given or "out" in whole).lower(),
        )
    for tag, target in (("in", "input"), ("out", "output")):
        for part in given:
            source = part.get("source") or part.get("sourceExpression") or ""
            if local(part) == tag and source and part.get("target"):
                _line(node, target, to_feel(source, value=True) or source, part.get("target", ""))


def _mappings(node: etree._Element, remarks: Remarks) -> None:
    found = _extension(node, CAMUNDA, "inputOutput")
    if found is None:
        return
    for part in found:
        text, target = (part.text or "").strip(), part.get("name", "")
        source = to_feel(text) if text.startswith(("${", "#{")) else '="' + text.replace('"', '\\"') + '"'
        if len(part) or source is None:
            message = N_("The mapping of “%(name)s” holds a list, a script or an expression that is not understood.")
            remarks.add(node, "extension.mapping", message, N_("Write it in FEEL."), name=target)
            continue
        _line(node, "input" if local(part) == "inputParameter" else "output", source, target)
    _read(node, remarks, "inputOutput", ", ".join(part.get("name", "") for part in found))


def _line(node: etree._Element, tag: str, source: str, target: str) -> None:
    _add(node, "ioMapping")
    mapping = _extension(node, (ZEEBE,), "ioMapping")
    assert mapping is not None
    etree.SubElement(mapping, f"{{{ZEEBE}}}{tag}", source=source, target=target)


def _listeners(node: etree._Element, remarks: Remarks) -> None:
    for part in node.iterfind(f"{{{BPMN}}}extensionElements/*"):
        if isinstance(part.tag, str) and (_camunda(part) or _spiff(part)) and local(part) in LISTENERS:
            message = N_("The program of the extension “%(tag)s” cannot be run and would be ignored.")
            remarks.add(node, "extension.unsupported", message, N_("Remove it in the editor."), tag=local(part))


def _camunda(part: etree._Element) -> bool:
    return isinstance(part.tag, str) and etree.QName(part).namespace in CAMUNDA


def _spiff(part: etree._Element) -> bool:
    return etree.QName(part).namespace in SPIFF
