"""What a reader of an HTML mail would read, as plain lines."""

import re

from lxml import etree, html

_SILENT = frozenset({"script", "style", "head", "title", "template", "noscript"})
_BLOCKS = frozenset(
    {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "hr", "pre", "blockquote"}
)
_MAX_QUOTE = 5
LIMIT = 5_000_000
"""Characters of HTML that are read; what follows is only in the raw mail."""


class _Lines:
    """Collects text while an element tree is walked; scripts and styles vanish, quotes get their ``>``."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._silent = 0
        self._quotes = 0

    def start(self, element: html.HtmlElement) -> None:
        tag = element.tag if isinstance(element.tag, str) else "script"
        self._silent += tag in _SILENT
        self._quotes += tag == "blockquote"
        if tag in _BLOCKS:
            self._break()
        elif tag in ("td", "th"):
            self.parts.append(" ")
        self._say(element.text)

    def end(self, element: html.HtmlElement) -> None:
        tag = element.tag if isinstance(element.tag, str) else "script"
        if tag == "a":
            self._link(element)
        self._silent -= tag in _SILENT
        self._quotes -= tag == "blockquote"
        if tag in _BLOCKS and tag != "br":
            self._break()
        self._say(element.tail)

    def _break(self) -> None:
        self.parts.append("\n" + "> " * min(self._quotes, _MAX_QUOTE))

    def _say(self, text: str | None) -> None:
        if text and not self._silent:
            self.parts.append(re.sub(r"\s+", " ", text))

    def _link(self, element: html.HtmlElement) -> None:
        address = element.get("href") or ""
        if address.startswith(("http://", "https://")) and address not in (element.text or ""):
            self._say(f" ({address})")


def html_to_text(source: str) -> str:
    """The readable text of ``source``; links keep their address. Empty when there is nothing to read."""
    # A declared encoding inside the document would contradict the text, which is decoded already.
    data = source[:LIMIT].encode("utf-8", "replace")
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        root = html.document_fromstring(data, parser=parser)
    except etree.ParserError:  # nothing but white space or comments
        return ""
    lines = _Lines()
    for event, element in etree.iterwalk(root, events=("start", "end")):
        (lines.start if event == "start" else lines.end)(element)
    text = "".join(lines.parts).replace("\xa0", " ")
    return _tidy([line.strip() for line in text.split("\n")])


def _tidy(lines: list[str]) -> str:
    """Without runs of empty lines: a block inside a block would otherwise leave one each."""
    kept: list[str] = []
    for line in lines:
        if line.strip("> ") or (kept and kept[-1].strip("> ")):
            kept.append(line)
    return "\n".join(kept).strip()
