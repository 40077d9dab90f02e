"""The parser's hands: a place in the tokens, and names that may hold spaces, signs and keywords (DMN 1.5 §10.3.1.2)."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.errors import FeelError, shown
from loopdesk.engine.feel.lexer import KEYWORDS, Token, name_parts, tokens

MAX_DEPTH = 100
"""Levels of nesting; the parser and the closures need a few Python frames for each."""

_NAME_SIGNS = frozenset("+-*/.'’")


class Names:
    """Known names, found by their first token, longest first."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Know one more name; a simple word needs no help and a bare keyword cannot be told from the keyword."""
        parts = name_parts(name)
        if len(parts) < 2:
            return
        known = self._by_first.setdefault(parts[0], [])
        if (parts, name) not in known:
            known.append((parts, name))
            known.sort(key=lambda entry: -len(entry[0]))

    def match(self, cut: list[Token], index: int) -> tuple[str, int] | None:
        """The longest known name that stands at ``index``, and the index after it."""
        for parts, name in self._by_first.get(cut[index].text, ()):
            if len(parts) < len(cut) - index and all(
                cut[index + offset].text == part for offset, part in enumerate(parts)
            ):
                return name, index + len(parts)
        return None


class Reader:
    """Walks over the tokens of one text."""

    def __init__(self, source: str, names: Names) -> None:
        self.source = source
        self.tokens = tokens(source)
        self.index = 0
        self.depth = 0
        self.names = [names]
        self.members = Names()
        self.value_reads = 0

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens[self.index]

    def at(self, *texts: str) -> bool:
        """Whether the next token is one of these signs or words (never a string that looks like one)."""
        token = self.tokens[self.index]
        return token.text in texts and token.kind in ("sign", "name")

    def accept(self, *texts: str) -> Token | None:
        """Take the next token when it is one of these."""
        if not self.at(*texts):
            return None
        token = self.token
        self.index += 1
        return token

    def expect(self, text: str) -> Token:
        """Take the next token, which must be this one."""
        token = self.accept(text)
        if token is None:
            raise self.wrong(N_("Expected %(expected)s but found %(found)s."), expected=repr(text))
        return token

    def wrong(self, message: str, **params: object) -> FeelError:
        """The error that the next token is not what FEEL has here."""
        if self.token.kind == "end":
            return self.error(N_("The expression ends too early."), self.token.start)
        return self.error(message, self.token.start, found=repr(shown(self.token.text)), **params)

    def error(self, message: str, position: int, **params: object) -> FeelError:
        """An error at ``position`` of this text."""
        remedy = N_("Correct the expression at the given place.")
        return FeelError(message, source=self.source, position=position, remedy=remedy, **params)

    def too_deep(self, position: int) -> FeelError:
        """The error of a text nested deeper than Python's own stack could follow."""
        return self.error(N_("The expression is nested deeper than %(limit)d levels."), position, limit=MAX_DEPTH)

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Count one level of nesting."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.too_deep(self.token.start)
        try:
            yield
        finally:
            self.depth -= 1

    @contextmanager
    def knowing(self, names: Iterable[str] = ()) -> Iterator[Names]:
        """Within this block more names are known; the block may add to them."""
        scope = Names(names)
        self.names.append(scope)
        try:
            yield scope
        finally:
            self.names.pop()

    def name(self) -> str:
        """A variable's name: the longest known one, else the words that stand side by side."""
        known = self.known()
        return self.words() if known is None else known

    def known(self) -> str | None:
        """The longest known name of several parts that stands here, taken; None when there is none."""
        for scope in reversed(self.names):
            found = scope.match(self.tokens, self.index)
            if found:
                return self._take(found)
        return None

    def member(self) -> str:
        """A name after a dot: those of the text's own contexts are known, too."""
        for scope in (self.members, *reversed(self.names)):
            found = scope.match(self.tokens, self.index)
            if found:
                return self._take(found)
        if self.token.kind == "name" and self.token.text in KEYWORDS:
            self.index += 1
            return self.tokens[self.index - 1].text
        return self.words()

    def words(self) -> str:
        """Neighbouring words up to the next keyword, as one name."""
        words = []
        while self.token.kind == "name" and self.token.text not in KEYWORDS:
            words.append(self.token.text)
            self.index += 1
        if not words:
            raise self.wrong(N_("Expected a name but found %(found)s."))
        return " ".join(words)

    def label(self, *ends: str) -> str | None:
        """A new name up to one of the signs ``ends``, whatever it consists of; None when no such sign follows."""
        index = self.index
        while self.tokens[index].kind in ("name", "number", "other") or self.tokens[index].text in _NAME_SIGNS:
            if self.tokens[index].text in ends:
                break
            index += 1
        if index == self.index or self.tokens[index].text not in ends:
            return None
        text = self.source[self.token.start : self.tokens[index - 1].end]
        self.index = index
        return re.sub(r"\s+", " ", text)

    def _take(self, found: tuple[str, int]) -> str:
        name, self.index = found
        return name
