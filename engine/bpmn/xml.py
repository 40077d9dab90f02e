"""Opens a BPMN file without trusting it: no entities, no network, bounded size."""

import codecs
import re

from lxml import etree

from loopdesk.engine.errors import N_
from loopdesk.engine.findings import Finding
from loopdesk.engine.xmlplaces import place_of

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
CAMUNDA = ("http://camunda.org/schema/1.0/bpmn", "http://activiti.org/bpmn", "http://flowable.org/bpmn")
"""Camunda 7 and its relatives, whose extensions are alike."""
SPIFF = ("http://spiffworkflow.org/bpmn/schema/1.0/core",)
KNOWN = frozenset(
    {
        BPMN,
        ZEEBE,
        *CAMUNDA,
        *SPIFF,
        "http://www.omg.org/spec/BPMN/20100524/DI",
        "http://www.omg.org/spec/DD/20100524/DC",
        "http://www.omg.org/spec/DD/20100524/DI",
        "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
        "http://bpmn.io/schema/bpmn/biocolor/1.0",
        "http://camunda.org/schema/modeler/1.0",
        "http://www.w3.org/2001/XMLSchema-instance",
        "http://www.w3.org/XML/1998/namespace",
    }
)
"""Namespaces of the model, its drawing and the extensions that are read."""
MAX_BYTES = 10 * 1024 * 1024
_OURS = f"{{{BPMN}}}"
DECLARED = re.compile(rb"""<\?xml[^>]*?encoding=["']([\w.:-]+)["']""")
"""The encoding that a file names."""
AGAIN = N_("Save the diagram again with a BPMN 2.0 editor.")


class Unreadable(Exception):
    """The file is not a BPMN file; carries the finding that says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def open_xml(data: bytes, file: str) -> etree._Element:
    """The root ``bpmn:definitions`` of a file; raises ``Unreadable``."""
    if len(data) > MAX_BYTES:
        remedy = N_("Split the diagram into several processes that call each other, or take out embedded images.")
        message = N_("The file is larger than %(limit)s MB.")
        raise _unreadable(file, "xml.size", message, remedy, limit=MAX_BYTES // 1024**2)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(_known(data), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _doctype(file) if b"<!DOCTYPE" in data else _broken(file, data, error) from error
    if b"<!DOCTYPE" in data or root.getroottree().docinfo.internalDTD is not None:
        raise _doctype(file)
    if root.tag != f"{{{BPMN}}}definitions":
        raise _unreadable(
            file, "xml.root", N_("The file is XML but not BPMN 2.0: its root is “%(tag)s”."), tag=root.tag
        )
    return root


def _broken(file: str, data: bytes, error: etree.XMLSyntaxError | ValueError) -> Unreadable:
    """Why the parser stopped, in words that help; its own hints are for programmers."""
    if not isinstance(error, etree.XMLSyntaxError):
        return _unreadable(file, "xml.syntax", N_("This is not well-formed XML: %(reason)s."), reason=str(error))
    place = place_of(error)
    if "encoding" in place.reason.lower():
        declared = DECLARED.match(data[:200])
        message = N_("The file is not written in the encoding “%(encoding)s” that it declares (line %(line)s).")
        remedy = N_('Save it as UTF-8, with encoding="UTF-8" in its first line.')
        name = declared[1].decode("ascii") if declared else "UTF-8"
        return _unreadable(file, "xml.encoding", message, remedy, encoding=name, line=place.line)
    if "XML_PARSE_HUGE" in place.reason:
        message = N_("Elements are nested too deeply, or a text is too long, at line %(line)s.")
        remedy = N_("Draw with fewer sub-processes inside each other, or put them into processes that are called.")
        return _unreadable(file, "xml.depth", message, remedy, line=place.line)
    message = N_("This is not well-formed XML at line %(line)s, column %(column)s: %(reason)s.")
    return _unreadable(file, "xml.syntax", message, **place._asdict())


def _known(data: bytes) -> bytes:
    """The file with another name for its encoding, where only Python knows the one it declares, such as latin-1."""
    found = DECLARED.match(data[:200])
    if not found:
        return data
    try:
        name = codecs.lookup(found[1].decode("ascii")).name.upper().replace("ISO8859-", "ISO-8859-").encode()
    except LookupError:
        return data
    return data[: found.start(1)] + name + data[found.end(1) :]


def local(node: etree._Element) -> str:
    """The tag without its namespace."""
    return etree.QName(node).localname


def line_of(node: etree._Element) -> int:
    """The line of the file where the node begins, from 1; 0 for one that is not from the file."""
    line: int | None = getattr(node, "sourceline", None)  # the stubs of lxml give it no type
    return line or 0


def is_bpmn(node: etree._Element) -> bool:
    """Whether the node is of the BPMN model and no extension or drawing."""
    return isinstance(node.tag, str) and node.tag.startswith(_OURS)


def _doctype(file: str) -> Unreadable:
    message = N_("The file declares a document type, which may pull in entities or other files.")
    return _unreadable(file, "xml.doctype", message, N_("Delete the lines from <!DOCTYPE to its closing >."))


def _unreadable(file: str, rule: str, message: str, remedy: str = AGAIN, **params: object) -> Unreadable:
    return Unreadable(Finding(file, "", "", rule, "error", message, remedy, params))
