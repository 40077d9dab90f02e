"""Process folders as people and programs hand them over: a zip, or files of a form (issue: bad input)."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from werkzeug.datastructures import FileStorage

from loopdesk.engine.errors import N_, Invalid, Phrase

MOST_FILES = 200
MOST_BYTES = 20 * 1024 * 1024
"""Unpacked; a zip says little about what it becomes."""


def from_zip(content: bytes) -> dict[str, bytes]:
    """The files of a zipped folder; a single folder around all of them is taken off. Raises `Invalid`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MOST_FILES or sum(member.file_size for member in members) > MOST_BYTES:
                raise _too_much()
            return _folder((member.filename, _bounded(archive, member)) for member in members)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise Invalid(
            "This is not a zip that can be read.",
            remedy=N_("Zip the process folder without a password and send it again."),
            fields={"body": [Phrase("Not a readable zip.")]},
        ) from error


def from_parts(parts: Mapping[str, FileStorage]) -> dict[str, bytes]:
    """The files of a multipart request, under their file names. Raises `Invalid`."""
    if len(parts) > MOST_FILES:
        raise _too_much()
    return _folder((part.filename or name, part.stream.read()) for name, part in parts.items())


def from_texts(texts: Mapping[str, str]) -> dict[str, bytes]:
    """The files of a JSON request. Raises `Invalid`."""
    return _folder((path, text.encode()) for path, text in texts.items())


def to_zip(files: Mapping[str, bytes]) -> bytes:
    """A folder as a zip; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            archive.writestr(zipfile.ZipInfo(path), files[path], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _bounded(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _too_much()
    return content


def _folder(pairs: Iterable[tuple[str, bytes]]) -> dict[str, bytes]:
    files = {_safe(path): content for path, content in pairs}
    if not files:
        raise Invalid("There is no file in this request.", fields={"files": [Phrase("At least one file is needed.")]})
    tops = {PurePosixPath(path).parts[0] for path in files}
    if len(tops) == 1 and all(len(PurePosixPath(path).parts) > 1 for path in files):
        return {str(PurePosixPath(*PurePosixPath(path).parts[1:])): content for path, content in files.items()}
    return files


def _safe(path: str) -> str:
    parts = PurePosixPath(path.replace("\\", "/")).parts
    if not parts or parts[0] == "/" or ".." in parts or any(":" in part or "\0" in part for part in parts):
        raise Invalid("“%(path)s” leads out of the folder.", fields={"files": [Phrase("A path leads out.")]}, path=path)
    return str(PurePosixPath(*parts))


def _too_much() -> Invalid:
    return Invalid(
        "This folder is too large.",
        remedy=N_("At most 200 files of 20 MB together."),
        fields={"files": [Phrase("At most 200 files of 20 MB together.")]},
    )
