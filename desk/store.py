"""Where the bytes of attachments live: a folder now, an object store later (architecture §3, Attachments)."""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from loopdesk.engine.errors import Missing

CHUNK = 64 * 1024
PART = ".part-"


class Readable(Protocol):
    """Anything that hands out bytes: an upload, a file, a mail part."""

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes; empty at the end."""


class Store(Protocol):
    """Content by its sha256; the same content is kept once."""

    def put(self, stream: Readable) -> tuple[str, int]:
        """Keep what ``stream`` holds; returns its sha256 in hex and its size in bytes."""

    def open(self, sha256: str) -> BinaryIO:
        """The content to read; raises `Missing`."""

    def delete(self, sha256: str) -> None:
        """Forget the content; nothing happens when it is gone already."""

    def contents(self) -> Iterator[tuple[str, datetime]]:
        """Every sha256 that is kept, with the instant it was written."""

    def clear(self, before: datetime) -> None:
        """Forget what was begun before that instant and never finished, because the process died meanwhile."""


def forget(store: Store, contents: Iterable[str]) -> None:
    """Forget several contents."""
    for sha256 in contents:
        store.delete(sha256)


class FolderStore:
    """Files ``ab/abcdef…`` below one folder, written beside and renamed into place."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """Take the folder, which is made when it does not exist."""
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def put(self, stream: Readable) -> tuple[str, int]:
        """Keep what ``stream`` holds; nothing stays behind when reading it fails half-way."""
        digest, size = hashlib.sha256(), 0
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=PART)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                while chunk := stream.read(CHUNK):
                    digest.update(chunk)
                    size += file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            place = self._place(digest.hexdigest())
            place.parent.mkdir(exist_ok=True)
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)
        return digest.hexdigest(), size

    def open(self, sha256: str) -> BinaryIO:
        """The content to read; raises `Missing`."""
        try:
            return self._place(sha256).open("rb")
        except FileNotFoundError as error:
            raise Missing("The content of this attachment is gone.", place=sha256) from error

    def delete(self, sha256: str) -> None:
        """Forget the content; nothing happens when it is gone already."""
        self._place(sha256).unlink(missing_ok=True)

    def contents(self) -> Iterator[tuple[str, datetime]]:
        """Every sha256 that is kept, with the instant it was written."""
        for place in self.folder.glob("??/*"):
            yield place.name, datetime.fromtimestamp(place.stat().st_mtime, UTC)

    def _place(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise Missing("The content of this attachment is gone.", place=sha256[:64])
        return self.folder / sha256[:2] / sha256

    def clear(self, before: datetime) -> None:
        """Forget what was begun before that instant and never finished, because the process died meanwhile."""
        for part in self.folder.glob(f"{PART}*"):
            if datetime.fromtimestamp(part.stat().st_mtime, UTC) < before:
                part.unlink(missing_ok=True)
