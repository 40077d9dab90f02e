"""Attachments: bounded while they stream, checked by content, handed out safely (INT-2, SEC-1)."""

import io
import os
import zipfile
from datetime import timedelta

import pytest

from loopdesk.desk import attachments, sniff
from loopdesk.desk.store import FolderStore
from loopdesk.engine.actor import TIMER
from loopdesk.engine.errors import Invalid, Missing, Phrase, Refused
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import House, told

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"
JPG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01" + b"\0" * 20
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
EXE = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0"
ELF = b"\x7fELF\x02\x01\x01" + b"\0" * 20
LOG = "2026-03-02 09:00:01 ERROR E-1042 连接超时\n"


def zipped() -> bytes:
    """A small zip file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "hello")
    return file.getvalue()


class Endless:
    """An upload that never ends and counts what was read of it."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int = -1, /) -> bytes:
        self.given += size
        return b"x" * size


@pytest.mark.parametrize(
    ("name", "content", "kind", "type_"),
    [
        ("screen.png", PNG, "png", "image/png"),
        ("photo.JPEG", JPG, "jpg", "image/jpeg"),
        ("report.pdf", PDF, "pdf", "application/pdf"),
        ("logs.zip", zipped(), "zip", "application/octet-stream"),
        ("app.log", LOG.encode(), "text", "text/plain; charset=utf-8"),
        ("应用.log", LOG.encode("gb18030"), "text", "text/plain; charset=utf-8"),
        ("utf16.txt", LOG.encode("utf-16"), "text", "text/plain; charset=utf-8"),
        ("page.html", b"<html><script>alert(1)</script></html>", "text", "text/plain; charset=utf-8"),
        ("core.dump", b"\0\1\2\3", "unknown", "application/octet-stream"),
        ("README", b"plain words", "text", "text/plain; charset=utf-8"),
    ],
)
def test_honest_files_are_what_they_say(name: str, content: bytes, kind: str, type_: str) -> None:
    """INT-2: and leave under a type that no browser runs."""
    found = sniff.check(name, content)
    assert (found.name, sniff.content_type(found.name)) == (kind, type_)


def test_a_file_comes_back_byte_for_byte(house: House, tx: Tx, number: str) -> None:
    """INT-2: with its name, size and type, and an event that says so."""
    anna, content = house.contacts["anna"], LOG.encode("gb18030")
    made = attachments.attach(anna, tx, house.store, number, "应用.log", io.BytesIO(content))
    got = attachments.read(anna, tx, house.store, made.id)
    with got.stream:
        assert (got.stream.read(), got.type, got.name) == (content, "text/plain; charset=utf-8", "应用.log")
    data = {"id": made.id, "name": "应用.log", "size": len(content), "kind": "text"}
    assert told(tx, number, "attachment.added") == data


def test_what_a_refused_file_really_is_is_said_in_the_readers_language() -> None:
    """INT-4: the kind is a phrase of its own, so that a Chinese sentence holds no English in its middle."""
    with pytest.raises(Invalid) as refusal:
        sniff.check("screen.png", EXE)
    (problem,) = refusal.value.fields["file"]
    assert isinstance(problem, Phrase)
    assert "[Windows program (.exe)]" in problem.text(lambda msgid: f"[{msgid}]")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("screen.png", EXE, "Windows program"),
        ("screen.png", ELF, "Linux program"),
        ("screen.png", b"#!/bin/sh\nrm -rf /\n", "script"),
        ("setup.exe", EXE, "Windows program"),
        ("run.bat", b"@echo off\n", ".bat"),
        ("page.hta", b"<script>", ".hta"),
        ("screen.png", PDF, "pdf"),
        ("screen.png", LOG.encode(), "text"),
        ("report.pdf", PNG, "png"),
        ("logs.zip", LOG.encode(), "text"),
        ("app.log", zipped(), "zip"),
        ("app.txt", b"\0\1\2\3", "unknown"),
        ("nothing.txt", b"", "empty"),
    ],
)
def test_files_that_lie_or_run_are_refused(name: str, content: bytes, words: str) -> None:
    """INT-2: naming what the file really is."""
    with pytest.raises(Invalid) as refused:
        sniff.check(name, content)
    assert words in refused.value.fields["file"][0]
    assert refused.value.remedy


def test_nothing_is_kept_of_a_refused_file(house: House, tx: Tx, number: str) -> None:
    """INT-2: neither a row nor content."""
    with pytest.raises(Invalid):
        attachments.attach(house.contacts["anna"], tx, house.store, number, "screen.png", io.BytesIO(EXE))
    assert list(house.store.contents()) == []
    assert attachments.listing(house.contacts["anna"], tx, number) == []


def test_25_mb_is_the_end_while_it_streams(house: House, tx: Tx, number: str) -> None:
    """INT-2: 30 MB, or a stream without an end, cost no more than the bound; exactly 25 MB fit."""
    anna, endless = house.contacts["anna"], Endless()
    with pytest.raises(Invalid, match="25 MB"):
        attachments.attach(anna, tx, house.store, number, "big.log", endless)
    assert endless.given < attachments.LARGEST + 1024 * 1024
    assert list(house.store.folder.iterdir()) == []
    full = attachments.attach(anna, tx, house.store, number, "full.log", io.BytesIO(b"x" * attachments.LARGEST))
    assert full.size == attachments.LARGEST


def test_a_stream_in_small_pieces_is_looked_at_whole(house: House, tx: Tx, number: str) -> None:
    """INT-2: a network hands out bytes as it likes."""

    class Drip(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 1, 3) if size and size > 0 else 3)

    made = attachments.attach(house.contacts["anna"], tx, house.store, number, "a.png", Drip(PNG * 100))
    assert (made.kind, made.size) == ("png", len(PNG) * 100)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.log", "a.log"),
        ("a\r\nContent-Type: x.txt", "aContent-Type_ x.txt"),
        ("\u202egnp.exe.txt", "gnp.exe.txt"),
        ("...", "file"),
        ("日志<1>.txt", "日志_1_.txt"),
        ("x" * 400 + ".log", "x" * 196 + ".log"),
    ],
)
def test_names_are_safe_and_still_the_users(given: str, kept: str) -> None:
    """SEC-1: no folders, header breaks, direction tricks; the ending stays."""
    assert attachments.safe_name(given) == kept


def test_internal_files_stay_inside(house: House, tx: Tx, number: str) -> None:
    """SEC-1: a customer sees neither their names nor their bytes, nor files of a case he may not see."""
    anna, lina = house.contacts["anna"], house.people["lina"]
    internal = attachments.attach(lina, tx, house.store, number, "a.log", io.BytesIO(b"secret"), visibility="staff")
    shared = attachments.attach(lina, tx, house.store, number, "b.log", io.BytesIO(b"shared"))
    assert [one.id for one in attachments.listing(anna, tx, number)] == [shared.id]
    assert len(attachments.listing(lina, tx, number)) == 2
    for actor, wanted in ((anna, internal), (house.contacts["hejing"], shared), (house.people["zhangwei"], shared)):
        with pytest.raises(Missing):
            attachments.read(actor, tx, house.store, wanted.id)
    with pytest.raises(Missing):
        attachments.attach(house.people["ivan"], tx, house.store, number, "c.log", io.BytesIO(b"x"))


def test_the_same_content_is_kept_once_and_swept_when_nobody_needs_it(house: House, tx: Tx, number: str) -> None:
    """INT-2: what a rolled-back upload left behind goes after a day, what a row needs stays."""
    anna = house.contacts["anna"]
    for name in ("a.log", "b.log"):
        attachments.attach(anna, tx, house.store, number, name, io.BytesIO(b"same"))
    orphan, _ = house.store.put(io.BytesIO(b"left behind"))
    now = tx.now.timestamp()
    for sha256, _at in list(house.store.contents()):
        os.utime(house.store.folder / sha256[:2] / sha256, (now, now))
    assert len(list(house.store.contents())) == 2
    assert attachments.sweep(TIMER, tx, house.store) == 0
    tx.now += timedelta(hours=25)
    assert attachments.sweep(TIMER, tx, house.store) == 1
    with pytest.raises(Missing):
        house.store.open(orphan)
    with pytest.raises(Refused):
        attachments.sweep(house.people["lina"], tx, house.store)


def test_a_store_never_leaves_its_folder(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    """SEC-1."""
    store = FolderStore(tmp_path_factory.mktemp("store"))
    for name in ("../../etc/passwd", "", "a" * 63, "A" * 64):
        with pytest.raises(Missing):
            store.open(name)


def test_an_ending_is_what_follows_the_last_dot() -> None:
    """INT-2."""
    assert [sniff.extension(name) for name in ("a.tar.GZ", "README", ".bashrc", "a.")] == ["gz", "", "", ""]
