"""Reads a DMN file's XML: no entities, no DTD, no network, any of the namespaces of DMN 1.1 to 1.5."""

from collections.abc import Iterator

from lxml import etree

from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.xmlplaces import place_of

NAMESPACES = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
    "https://www.omg.org/spec/DMN/20240513/MODEL/": "1.6",
}
MAX_BYTES = 20_000_000
Element = etree._Element  # noqa: SLF001 - lxml gives its class no public name


def parse(data: bytes, file: str) -> Element:
    """The root ``definitions`` of a DMN file; Invalid when it is none."""
    if len(data) > MAX_BYTES:
        raise Invalid(
            N_("The file is larger than %(limit)d bytes."),
            remedy=N_("Split the decisions over several files and import them."),
            place=file,
            limit=MAX_BYTES,
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        place = place_of(error)
        raise Invalid(
            N_("The file is no well-formed XML at line %(line)s, column %(column)s: %(reason)s."),
            remedy=N_("Save it again from the editor it was made with."),
            place=file,
            line=place.line,
            column=place.column,
            reason=place.reason,
        ) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Invalid(
            N_("The file declares a document type, which is not read."),
            remedy=N_("Remove the DOCTYPE line."),
            place=file,
        )
    name = etree.QName(root)
    if name.localname != "definitions" or name.namespace not in NAMESPACES:
        raise Invalid(
            N_("The file is no DMN: its root is %(root)s."),
            remedy=N_("Hand in a decision model of DMN 1.1 to 1.5."),
            place=file,
            root=root.tag,
        )
    return root


def local(element: Element) -> str:
    """The element's name without namespace; "" for one of another vocabulary."""
    namespace, _, name = element.tag.rpartition("}")
    return name if namespace[1:] in NAMESPACES else ""


def children(element: Element, *names: str) -> Iterator[Element]:
    """The child elements of these names."""
    return (child for child in element if isinstance(child.tag, str) and local(child) in names)


def child(element: Element, *names: str) -> Element | None:
    """The first child of these names."""
    return next(children(element, *names), None)


def text(element: Element | None) -> str:
    """The text of the ``text`` child, or "" when there is none."""
    if element is None:
        return ""
    inner = child(element, "text")
    return (inner.text or "").strip() if inner is not None else ""


def attribute(element: Element, name: str) -> str:
    """An attribute, or the text of a child of that name (DMN 1.1 wrote ``typeRef`` so)."""
    value = element.get(name)
    if value is not None:
        return value.strip()
    inner = child(element, name)
    return (inner.text or "").strip() if inner is not None else ""
