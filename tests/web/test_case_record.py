"""The record of a case: page, PDF in both languages, and put on file by rule (DIA-7)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pypdfium2
import pytest
from flask import Flask

from loopdesk.connectors import inbound
from loopdesk.desk import attachments, case, casefile, casework, communications, erasure, record
from loopdesk.desk.diagnosis import course
from loopdesk.desk.feedback import survey as surveys
from loopdesk.engine import instances, periodic, suspension
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.conftest import settle
from loopdesk.web import case_record, record_pdf
from loopdesk.web.stores import stores
from loopdesk.web.wiring import Loopdesk

WORDS = "登录页显示 502，<b>无法</b>登录"


@pytest.fixture
def number(desk: Loopdesk) -> str:
    """A case with a diagnosis, a solution and what its customer said."""
    with desk.engine.begin() as tx:
        told = case.Report(channel="portal", title="无法登录", description=WORDS, email="anna@aurora.example")
        number = case.open(SYSTEM, tx, told).number
    settle(desk)
    with desk.engine.begin() as tx:
        record.change(tx, number, type="hardware")
        course.begin(SYSTEM, tx, number, tree="hardware")
        course.skip(SYSTEM, tx, number, step="lights", reason="Nobody is there.")
        course.answer(SYSTEM, tx, number, step="logs", outcome="firmware", note="Since 4.1")
        casework.solve(SYSTEM, tx, number, solution="Firmware 4.2 installed.")
        asked = surveys.send(SYSTEM, tx, number)
        assert asked is not None
        surveys.answer(SYSTEM, tx, asked["token"], stars=4, nps=9, comment="Quick.")
    return number


def _sheet(desk: Loopdesk, number: str, language: str) -> case_record.Sheet:
    with desk.engine.read() as tx:
        return case_record.sheet_of(tx, casefile.read(SYSTEM, tx, number), language, "Asia/Shanghai")


def _words(sheet: case_record.Sheet) -> str:
    rows = [row for section in sheet.sections for row in section.rows]
    texts = [section.text for section in sheet.sections]
    return "\n".join([*texts, *(f"{row.name}|{row.text}|{row.by}" for row in rows)])


@pytest.mark.row("DIA-7/record")
def test_the_record_holds_description_process_diagnosis_result_feedback_people_times(
    desk: Loopdesk, number: str
) -> None:
    sheet = _sheet(desk, number, "en")
    text = _words(sheet)
    for part in (
        WORDS,
        "Kind|Hardware",
        "left out – Nobody is there.",
        "It restarted or reports its firmware – Since 4.1",
        "The firmware is at fault",
        "Firmware 4.2 installed.",
        "Stars 4/5, Would recommend us 9/10|Quick.",
        "Anna",
        "Solved|2 Mar 2026, 17:00:00",
    ):
        assert part in text, part
    titles = [section.title for section in sheet.sections]
    assert titles[:3] == ["Case", "Description", "Diagnosis"]
    assert "The customer's feedback" in titles


@pytest.mark.row("DIA-7/pdf")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_record_is_printed_as_a_pdf_with_a_chinese_font_inside(
    app: Flask, desk: Loopdesk, number: str, language: str
) -> None:
    client = as_person(app, "li.na")
    client.set_cookie("loopdesk_language", language)
    page = client.get(f"/cases/{number}/record")
    assert page.status_code == 200
    assert "<b>无法</b>" not in page.text
    answer = client.get(f"/cases/{number}/record.pdf")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == f'inline; filename="record-{number}.pdf"'
    assert answer.data.startswith(b"%PDF-")
    assert client.get("/cases/L-2026-999999/record.pdf").status_code == 404


@pytest.mark.row("DIA-7/pdf")
def test_the_record_is_there_for_other_systems(api: Callable[..., Any], number: str) -> None:
    answer = api("li.na").get(f"/cases/{number}/record.pdf")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-")


@pytest.mark.row("DIA-7/archive")
def test_two_days_after_its_closing_the_record_is_on_file_once(
    desk: Loopdesk, number: str, clock: VirtualClock
) -> None:
    with desk.engine.begin() as tx:
        casework.close(SYSTEM, tx, number, reason="confirmed")
    assert _kept(desk, number, clock, timedelta(hours=47)) == []
    [kept] = _kept(desk, number, clock, timedelta(hours=2))
    assert (kept.name, kept.kind, kept.visibility) == (f"record-{number}.pdf", "pdf", "staff")
    assert kept.at - clock.now() < timedelta(hours=72)
    assert len(_kept(desk, number, clock, timedelta(days=3))) == 1
    with desk.engine.begin() as tx:
        casework.reopen(SYSTEM, tx, number, reason="It is back.")
        casework.solve(SYSTEM, tx, number, solution="Once more.")
        casework.close(SYSTEM, tx, number, reason="confirmed")
    assert len(_kept(desk, number, clock, timedelta(days=3))) == 2


def _kept(desk: Loopdesk, number: str, clock: VirtualClock, later: timedelta) -> list[attachments.Attachment]:
    clock.set(clock.now() + later)
    periodic.Schedule([one for one in desk.periodic if one.name == "casefile.look"]).tick(desk.engine)
    settle(desk)
    with desk.engine.read() as tx:
        return casefile.kept(tx, casefile.read(SYSTEM, tx, number))


def test_what_a_customer_wrote_fetches_nothing_and_breaks_nothing(desk: Loopdesk, number: str) -> None:
    nasty = '<img src="file:///etc/passwd"><style>@import url(http://127.0.0.1:9/x)</style>' + "长" * 20_000
    with desk.engine.begin() as tx:
        communications.comment(SYSTEM, tx, number, nasty, internal=True)
    sheet = _sheet(desk, number, "zh")
    assert nasty in _words(sheet)
    assert record_pdf.pdf(sheet).startswith(b"%PDF-")


@pytest.mark.row("DIA-7/pdf")
def test_the_record_says_what_was_written_in_any_script_without_fonts_or_libraries_of_the_machine() -> None:
    words = ("登录页", "Žluťoučký", "Ελλάδα", "Привет", "日本語", "한국어", "{nb}", "<b>no</b>", "**bold**")
    text = " ".join(words) + " \U0001f600\x00\u202e\tend"
    row = case_record.Row("Note", text, "שלום مرحبا")
    long = case_record.Row("Log", "line\n" * 150 + "the last line")
    made_at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    sheet = case_record.Sheet("L-1", text, "zh", "", made_at, [case_record.Section("Notes", [row, long])])
    made = record_pdf.pdf(sheet)
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(made)]
    for word in (*words, "[grinning face]", "end", "L-1"):
        assert word in pages[0].replace("\r\n", " "), word
    assert "שלום" in pages[0]
    assert "the last line" in pages[-1]
    assert record_pdf.pdf(sheet) == made


def test_a_record_on_file_is_made_anew_without_whom_was_erased(
    desk: Loopdesk, number: str, clock: VirtualClock
) -> None:
    with desk.engine.begin() as tx:
        casework.close(SYSTEM, tx, number, reason="confirmed")
    [before] = _kept(desk, number, clock, timedelta(days=2))
    _finish(desk, number)
    with desk.engine.begin() as tx:
        erasure.erase(SYSTEM, tx, stores(desk.settings), "anna@aurora.example", inbound.empty)
    with desk.engine.read() as tx:
        assert casefile.kept(tx, casefile.read(SYSTEM, tx, number)) == []
    assert before.sha256 not in {sha256 for sha256, _ in desk.store.contents()}
    [after] = _kept(desk, number, clock, timedelta(hours=1))
    assert after.sha256 != before.sha256
    assert "Anna Berg" not in _words(_sheet(desk, number, "en"))


def _finish(desk: Loopdesk, number: str) -> None:
    """End what still runs on the case, for nobody with open work is erased."""
    with desk.engine.begin() as tx:
        for run in instances.of_key(tx, number):
            if run["status"] == "active":
                suspension.terminate(SYSTEM, tx, run["id"], reason="The test is over.")
