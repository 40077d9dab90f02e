"""The record of a case as a PDF that looks the same on every machine, and put on file by rule (DIA-7)."""

from collections.abc import Callable

from loopdesk.desk import casefile
from loopdesk.desk.store import Store
from loopdesk.engine.actor import SYSTEM, TIMER
from loopdesk.engine.outbox import Row
from loopdesk.engine.tx import Tx
from loopdesk.web.case_record import Sheet, sheet_of


def pdf(sheet: Sheet) -> bytes:
    """The sheet as a PDF with the fonts that it needs inside."""
    # Here, not above: the printer brings numpy, which would cost each start of a web process or worker 0.4 s.
    from loopdesk.web.record_paper import printed

    return printed(sheet)


def local_handlers(store: Store, *, language: str, zone: str) -> dict[str, Callable[[Tx, Row], None]]:
    """The outbox kind that puts the record of a closed case on file, in the language and zone of the house."""

    def keep(tx: Tx, row: Row) -> None:
        if casefile.wanted(tx, row.key):
            sheet = sheet_of(tx, casefile.read(SYSTEM, tx, row.key), language, zone)
            casefile.keep(TIMER, tx, store, row.key, pdf(sheet), language=sheet.language)

    return {casefile.KIND: keep}
