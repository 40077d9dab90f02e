"""A message template asks only for what its senders give: found when it is saved, not when it is sent (COM-3).

Senders are the diagrams, whose send tasks name their inputs, and the desk itself, whose letters stand in the file
``variables.yaml`` beside the templates.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

import jinja2
import yaml
from jinja2 import meta, nodes
from lxml import etree

from loopdesk.desk import case_facts, policy, templates
from loopdesk.engine import bundles
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files

FILE = "variables.yaml"
SEND = "message.send"
ANYWHERE = frozenset({"receiver", "departments", "base_url"})
"""What each letter to a person may name; one that belongs to no case also ``language``."""
OF_CASE = ANYWHERE | {"case", "customer", "owner", "department", "case_url"}
PARTS: Mapping[str, Collection[str]] = {
    "case": case_facts.LETTERS,
    "customer": ("name",),
    "receiver": ("name",),
    "owner": ("name",),
    "department": ("code", "name"),
}
_NS = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "zeebe": "http://camunda.org/schema/zeebe/1.0",
}
Given = Mapping[str, frozenset[str]]
"""Template -> the names that whoever sends it gives."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a template asks for: ``name`` in a line of a file, ``whole`` its first part (``case`` of ``case.due``)."""

    name: str
    whole: str
    line: int


def check_folder(name: str, files: Files, others: Callable[[], Mapping[str, Files]]) -> list[Finding]:
    """Findings on the templates of a folder, or on the tasks that send some; ``others`` are the deployed folders."""
    if name == templates.BUNDLE:
        own = files.get(FILE)
        shipped, deployed = given(_shipped_folders(), own), given([*others().values()], own)
        return check(
            files, {name: shipped.get(name, frozenset()) | names for name, names in {**shipped, **deployed}.items()}
        )
    return check_senders(files, others().get(templates.BUNDLE, {})) if any(sends(files)) else []


def given(folders: Collection[Files], own: bytes | None = None) -> dict[str, frozenset[str]]:
    """What the send tasks of process folders give each template, and the desk's own senders by ``variables.yaml``.

    Two senders of one template give what both have.
    """
    known = _declared(own if own is not None else policy.shipped_file(templates.BUNDLE, FILE))
    for files in folders:
        for _, template, names in sends(files):
            known[template] = known[template] & names if template in known else names
    return known


def sends(files: Files) -> Iterator[tuple[str, str, frozenset[str]]]:
    """File and template that a diagram of a folder names in so many letters, with what its templates may use."""
    for file in (file for file in files if file.endswith(".bpmn")):
        try:
            root = etree.fromstring(files[file])
        except etree.XMLSyntaxError:
            continue  # said by who reads the diagram
        for task in root.iterfind(f".//zeebe:taskDefinition[@type='{SEND}']/..", _NS):
            inputs = {str(one.get("target")): one.get("source", "") for one in task.iterfind(".//zeebe:input", _NS)}
            named = str(inputs.pop("template", ""))
            if named.startswith('="') and named.endswith('"'):
                yield file, named[2:-1], OF_CASE | (inputs.keys() - {"to", "channel"})


def check(files: Files, senders: Given) -> list[Finding]:
    """What is wrong with the templates of the bundle ``messages``, with file, template, line and remedy."""
    found: list[Finding] = []
    for file in sorted(file for file in files if file.startswith("messages.") and file.endswith(".yaml")):
        try:
            entries = policy.parse(files[file], file)
        except Invalid as error:
            found.append(Finding(file, "", "", "template.syntax", "error", error.message, error.remedy, error.params))
            continue
        lines = _lines(files[file])
        for name, entry in entries.items():
            found += _of_template(file, str(name), entry, lines, senders)
    return found


def check_senders(files: Files, messages: Files) -> list[Finding]:
    """Send tasks of a folder whose template there is not, or asks for what the task does not give."""
    shipped = _entries(None)
    entries = {**shipped, **_entries(messages)}
    found = []
    for file, template, names in sends(files):
        if template not in entries:
            message, remedy = (
                N_("There is no message template %(template)s."),
                N_("Add it to the bundle messages first."),
            )
            found.append(_finding(file, template, "template.missing", message, remedy, template=template))
        for one in sorted(entries.get(template, frozenset()) - names):
            message = N_("The template %(template)s asks for %(variable)s, which a task that sends it does not give.")
            remedy = N_("Give it as an input of the task.")
            params = {"template": template, "variable": one}
            made = _finding(file, template, "template.variable", message, remedy, **params)
            # An owner's own text must not keep a release of ours from starting.
            ours = template in shipped and one not in shipped[template]
            found.append(replace(made, severity="warning") if ours else made)
    return found


def _entries(messages: Files | None) -> dict[str, frozenset[str]]:
    """Template -> what it asks for in any language; of the shipped ones for None. What cannot be read asks nothing."""
    found: dict[str, frozenset[str]] = {}
    for language in templates.SHIPPED_IN:
        file = f"messages.{language}.yaml"
        content = policy.shipped_file(templates.BUNDLE, file) if messages is None else messages.get(file, b"{}")
        try:
            entries = policy.parse(content, file)
        except Invalid:
            continue
        for name, entry in entries.items():
            texts = entry.values() if isinstance(entry, Mapping) else ()
            found[str(name)] = found.get(str(name), frozenset()).union(*(_names(str(text)) for text in texts))
    return found


def _names(text: str) -> frozenset[str]:
    try:
        return frozenset(one.whole for one in asked(text))
    except jinja2.TemplateSyntaxError:
        return frozenset()


def asked(text: str, line: int = 1) -> list[Asked]:
    """What a text asks for and cannot do without, each once; raises ``jinja2.TemplateSyntaxError``."""
    return [replace(one, line=line + one.line - 1) for one in _asked(text)]


@lru_cache(maxsize=4096)
def _asked(text: str) -> tuple[Asked, ...]:
    """Kept, because each folder that sends letters is held to all of them when a house starts."""
    environment = templates.environment()
    environment.from_string(text)  # an unknown filter is found here only
    tree = environment.parse(text)
    free = meta.find_undeclared_variables(tree) - _optional(tree)
    found: dict[str, Asked] = {}
    for node in tree.find_all((nodes.Name, nodes.Getattr, nodes.Getitem)):
        name, whole = _named(node)
        if whole in free:
            found.setdefault(name, Asked(name, whole, node.lineno))
    return tuple(found.values())


def _of_template(
    file: str, name: str, entry: Any, lines: Mapping[tuple[str, str], int], senders: Given
) -> list[Finding]:
    if not isinstance(entry, Mapping) or not {"subject", "body"} <= entry.keys():
        message = N_("Template %(template)s needs a subject and a body.")
        return [_finding(file, name, "template.parts", message, N_("Write both."), template=name)]
    known = senders[name] if name in senders else OF_CASE | _shipped(name)
    found = []
    for part in ("subject", "body"):
        line = lines.get((name, part), 1)
        try:
            wrong = [one for one in asked(str(entry[part]), line) if not _is_known(one, known)]
        except jinja2.TemplateSyntaxError as error:
            message = N_("Line %(line)s: %(error)s")
            remedy = N_("Correct the braces, names and filters in that line.")
            line += error.lineno - 1
            found.append(_finding(file, name, "template.syntax", message, remedy, line=line, error=str(error.message)))
            continue
        found += [_unknown(file, name, one, known) for one in wrong]
    return found


def _unknown(file: str, template: str, one: Asked, known: Collection[str]) -> Finding:
    message = N_("Line %(line)s asks for %(variable)s, which nobody who sends %(template)s gives.")
    remedy = N_("Take one of %(known)s, or give it as an input of the task that sends it, and deploy that first.")
    names = [f"{one.whole}.{part}" for part in sorted(PARTS[one.whole])] if one.whole in known else sorted(known)
    params = {"line": one.line, "variable": one.name, "template": template, "known": ", ".join(names)}
    return _finding(file, template, "template.variable", message, remedy, **params)


def _is_known(one: Asked, known: Collection[str]) -> bool:
    parts = PARTS.get(one.whole) if one.whole in OF_CASE else None
    _, _, part = one.name.partition(".")
    return one.whole in known and (not part or parts is None or part in parts)


def _named(node: nodes.Node) -> tuple[str, str]:
    """``case.due`` and ``case`` of a place in a template; empty for what is no name."""
    if isinstance(node, nodes.Name):
        return node.name, node.name
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        return f"{node.node.name}.{node.attr}", node.node.name
    if isinstance(node, nodes.Getitem) and isinstance(node.node, nodes.Name) and isinstance(node.arg, nodes.Const):
        return f"{node.node.name}.{node.arg.value}", node.node.name
    return "", ""


def _optional(tree: nodes.Template) -> set[str]:
    """Names that the text itself asks about (``is defined``), so that it does without."""
    tests = (one for one in tree.find_all(nodes.Test) if one.name == "defined")
    return {one.node.name for one in tests if isinstance(one.node, nodes.Name)}


def _shipped(name: str) -> frozenset[str]:
    """What our own text of a template that no diagram names asks for: its sender gives that."""
    entry = policy.parse(policy.shipped_file(templates.BUNDLE, f"messages.{templates.DEFAULT}.yaml"), FILE).get(name)
    texts = entry.values() if isinstance(entry, Mapping) else ()
    return frozenset(one.whole for text in texts for one in asked(str(text)))


@cache
def _shipped_folders() -> tuple[Files, ...]:
    return tuple(bundles.read_folder(path) for path in sorted(policy.SHIPPED.iterdir()) if path.is_dir())


def _declared(content: bytes) -> dict[str, frozenset[str]]:
    """``variables.yaml``: a list for a letter of a case, ``apart`` for one of none, ``only`` for a text of its own."""
    found = {}
    for name, entry in policy.parse(content, FILE).items():
        if isinstance(entry, Mapping):
            apart = entry.get("apart")
            words = frozenset(map(str, apart if apart is not None else entry.get("only") or ()))
            found[str(name)] = words | (ANYWHERE | {"language"} if apart is not None else frozenset())
        else:
            found[str(name)] = OF_CASE | frozenset(map(str, entry or ()))
    return found


def _lines(content: bytes) -> dict[tuple[str, str], int]:
    """The line in which the text of each part begins."""
    found = {}
    top = yaml.compose(content.decode(), Loader=yaml.SafeLoader)
    for key, entry in top.value if isinstance(top, yaml.MappingNode) else ():
        for part, value in entry.value if isinstance(entry, yaml.MappingNode) else ():
            block = getattr(value, "style", None) in ("|", ">")
            found[(str(key.value), str(part.value))] = value.start_mark.line + (2 if block else 1)
    return found


def _finding(file: str, element: str, rule: str, message: str, remedy: str, **params: object) -> Finding:
    return Finding(file, element, "", rule, "error", message, remedy, params)
