"""The record of a case on paper: a PDF with a Chinese font inside, and put on file by rule (DIA-7)."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pylopdf_fonts_zh_cn

from loopdesk.desk import casefile
from loopdesk.desk.store import Store
from loopdesk.engine.actor import SYSTEM, TIMER
from loopdesk.engine.errors import N_, Away
from loopdesk.engine.outbox import Row
from loopdesk.engine.tx import Tx
from loopdesk.web.case_record import Sheet, sheet_of

TEMPLATES = Path(__file__).parent / "templates" / "record"


def pdf(sheet: Sheet) -> bytes:
    """The sheet as a PDF with a Chinese font inside. Raises `Away` where the machine lacks Pango."""
    try:
        printer = _printer()
    except OSError as error:
        raise Away(
            "PDFs cannot be made on this machine: Pango is missing (%(reason)s).",
            remedy=N_("Install Pango, on Debian libpango-1.0-0 and libpangoft2-1.0-0, and try again."),
            reason=str(error).splitlines()[0],
        ) from error
    font = pylopdf_fonts_zh_cn.sans_path().as_uri()
    page = _environment().get_template("print.html").render(sheet=sheet, font=font)
    made: bytes = printer.HTML(string=page, url_fetcher=_only(printer, font)).write_pdf()
    return made


@cache
def _printer() -> Any:
    """WeasyPrint, loaded when somebody prints: that takes half a second and needs Pango on the machine."""
    import weasyprint

    return weasyprint


def _only(printer: Any, font: str) -> Any:
    """Fetches the font and nothing else: what customers wrote must not make the printer open anything."""

    class OnlyTheFont(printer.urls.URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
            if url != font:
                raise ValueError(url)
            return super().fetch(url, headers)

    return OnlyTheFont()


def local_handlers(store: Store, *, language: str, zone: str) -> dict[str, Callable[[Tx, Row], None]]:
    """The outbox kind that puts the record of a closed case on file, in the language and zone of the house."""

    def keep(tx: Tx, row: Row) -> None:
        if casefile.wanted(tx, row.key):
            sheet = sheet_of(tx, casefile.read(SYSTEM, tx, row.key), language, zone)
            casefile.keep(TIMER, tx, store, row.key, pdf(sheet), language=sheet.language)

    return {casefile.KIND: keep}


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
