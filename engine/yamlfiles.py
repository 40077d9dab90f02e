"""YAML files of a bundle, read by libyaml where PyYAML brings it: that takes a fifth of the time."""

from typing import Any

import yaml

from loopdesk.engine.errors import N_, Invalid

INDENT = N_("Look at the indentation, colons and quotation marks there and in the line above.")
_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


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
