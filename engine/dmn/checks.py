"""What can be said about a decision model before anyone asks it (issue 3: `loopdesk check FILE.dmn`)."""

from collections import Counter
from collections.abc import Iterator, Mapping

from loopdesk.engine.dmn import model as m
from loopdesk.engine.dmn.findings import Notes
from loopdesk.engine.dmn.namechecks import check_items, check_texts
from loopdesk.engine.dmn.program import Program, load
from loopdesk.engine.dmn.tablechecks import check_table
from loopdesk.engine.dmn.walk import boxes, types_used
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.feel.lexer import KEYWORDS
from loopdesk.engine.findings import Finding

CORRECT_REFERENCE = N_("Draw the requirement again, or import the file it points to.")


def check(data: bytes, *, file: str = "", imports: Mapping[str, bytes] | None = None) -> list[Finding]:
    """All findings about a DMN file; one error when it cannot be read as DMN. Never raises for what is in the file."""
    try:
        program = load(data, file, imports or {})
    except Invalid as error:
        return [Finding(file, "", "", "dmn.file", "error", error.message, error.remedy, dict(error.params))]
    notes = Notes(file)
    _check_names(program, notes)
    _check_imports(program, notes)
    _check_types(program, notes)
    check_items(program, notes)
    _check_requirements(program, notes)
    _check_circles(program, notes)
    _check_languages(program, notes)
    for element, logic in _logic(program):
        if logic is None:
            notes.add(
                element,
                "dmn.no-logic",
                "warning",
                N_("%(name)s has no logic: its value is null."),
                N_("Give it a decision table or an expression, or remove it."),
                name=element.name,
            )
        check_texts(program, element, notes)
        for box in boxes(logic):
            if isinstance(box, m.Table):
                check_table(program, element, box, notes)
    return notes.found


def _logic(program: Program) -> Iterator[tuple[m.Decision | m.Knowledge, m.Boxed | None]]:
    for decision in program.definitions.decisions.values():
        yield decision, decision.logic
    for knowledge in program.definitions.knowledge.values():
        yield knowledge, knowledge.logic


def _check_names(program: Program, notes: Notes) -> None:
    elements = program.definitions.elements()
    counts = Counter(element.name for element in elements)
    for element in elements:
        if element.name in KEYWORDS:
            notes.add(
                element,
                "dmn.name",
                "error",
                N_("%(name)s is a word of the language and cannot be used as a name."),
                N_("Choose another name."),
                name=element.name,
            )
        if counts[element.name] > 1:
            notes.add(
                element,
                "dmn.name",
                "error",
                N_("The name %(name)s is used more than once."),
                N_("Give each input, decision and function a name of its own."),
                name=element.name,
            )
    for id_ in program.definitions.twice:
        notes.add(
            None,
            "dmn.id",
            "error",
            N_("The id %(id)s is used more than once."),
            N_("Give each element an id of its own."),
            at=id_,
            id=id_,
        )


def _check_imports(program: Program, notes: Notes) -> None:
    for one in program.definitions.imports:
        if one.name not in program.imported and (one.type or "").rstrip("/").endswith(("MODEL", "dmn.xsd")):
            notes.add(
                one,
                "dmn.import",
                "error",
                N_("The imported file of namespace %(namespace)s is not there."),
                N_("Put the file beside this one, or remove the import."),
                namespace=one.namespace,
            )


def _check_types(program: Program, notes: Notes) -> None:
    for owner, reference in types_used(program.definitions):
        if program.types.named(reference) is None:
            notes.add(
                owner,
                "dmn.type",
                "error",
                N_("There is no type %(type)s."),
                N_("Use a type of FEEL, or define an item of this name."),
                type=reference,
            )


def _check_requirements(program: Program, notes: Notes) -> None:
    for element in program.definitions.elements():
        wanted: list[tuple[str, type[m.Invocable] | tuple[type[m.Invocable], ...]]] = []
        match element:
            case m.Decision():
                wanted += [(one, m.InputData) for one in element.inputs]
                wanted += [(one, m.Decision) for one in element.decisions]
                wanted += [(one, (m.Knowledge, m.Service)) for one in element.knowledge]
            case m.Knowledge():
                wanted += [(one, (m.Knowledge, m.Service)) for one in element.knowledge]
            case m.Service():
                wanted += [(one, m.Decision) for one in (*element.outputs, *element.input_decisions)]
                wanted += [(one, m.InputData) for one in element.inputs]
        for reference, kind in wanted:
            found = program.element(reference)
            if found is None or not isinstance(found[1], kind):
                notes.add(
                    element,
                    "dmn.requirement",
                    "error",
                    N_("%(name)s requires %(reference)s, which is not there or of another kind."),
                    CORRECT_REFERENCE,
                    name=element.name,
                    reference=reference,
                )


def _check_languages(program: Program, notes: Notes) -> None:
    for id_, language in program.definitions.languages:
        notes.add(
            None,
            "dmn.language",
            "error",
            N_("The expression language %(language)s is not FEEL."),
            N_("Write the expression in FEEL and remove the other language."),
            at=id_,
            language=language,
        )


def _check_circles(program: Program, notes: Notes) -> None:
    """Decisions on a circle of requirements: those left when all that can be decided are taken away."""
    left = {
        id_: {reference.rpartition("#")[2] for reference in one.decisions if not reference.rpartition("#")[0]}
        for id_, one in program.definitions.decisions.items()
    }
    left = {id_: needs & left.keys() for id_, needs in left.items()}
    while ready := {id_ for id_, needs in left.items() if not needs}:
        left = {id_: needs - ready for id_, needs in left.items() if id_ not in ready}
    on_circle = {id_ for id_ in left if any(id_ in needs for needs in left.values())}
    for id_ in sorted(on_circle):
        decision = program.definitions.decisions[id_]
        notes.add(
            decision,
            "dmn.circle",
            "error",
            N_("The decision %(name)s requires itself in a circle."),
            N_("Remove one of the requirements that form the circle."),
            name=decision.name,
        )
