"""YAML files of a bundle, read by libyaml where PyYAML brings it: that takes a fifth of the time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from loopdesk.engine.errors import N_, Invalid

INDENT = N_("Look at the indentation, colons and quotation marks there and in the line above.")
_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


@dataclass(frozen=True, slots=True)
class Twice:
    """A key that stands twice in one list of keys; lines count from 1."""

    key: str
    first: int
    again: int


def load(content: bytes | str) -> Any:
    """Plain values only, as ``yaml.safe_load`` gives them. Raises ``yaml.YAMLError``, ``UnicodeDecodeError``."""
    return yaml.load(content, Loader=_LOADER)  # noqa: S506 - both are safe loaders


def read(content: bytes, file: str) -> Any:
    """What the file ``file`` holds; raises `Invalid` with line and character where it is no YAML."""
    try:
        return load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        if mark is not None:
            message = N_("%(file)s is not YAML: it goes wrong at line %(line)s, character %(column)s.")
            raise Invalid(message, file=file, line=mark.line + 1, column=mark.column + 1, remedy=INDENT) from error
        raise Invalid("%(file)s is not YAML in UTF-8.", file=file, remedy=N_("Save it as UTF-8.")) from error


def twice(content: bytes) -> list[Twice]:
    """The keys that a reader sees twice and `load` takes once, the last (YAML 1.2 §3.2.1.3 forbids them).

    Empty for what is no YAML; `read` says that.
    """
    try:
        root = yaml.compose(content, Loader=_LOADER)
    except (yaml.YAMLError, UnicodeDecodeError):
        return []
    return list(_twice(root)) if root else []


def _twice(node: yaml.Node) -> Iterator[Twice]:
    children = node.value if isinstance(node, yaml.CollectionNode) else []
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            line = key.start_mark.line + 1
            if key.value in seen:
                yield Twice(key.value, seen[key.value], line)
            seen.setdefault(key.value, line)
        children = [value for _, value in node.value]
    for child in children:
        yield from _twice(child)
