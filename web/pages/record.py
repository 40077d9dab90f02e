"""The record of a case as a page and as a PDF (DIA-7)."""

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from loopdesk.desk import casefile
from loopdesk.web import case_record, record_pdf, vocabulary
from loopdesk.web.context import actor, read_tx

blueprint = Blueprint("pages_record", __name__, url_prefix="/cases/<number>")


@blueprint.get("/record")
def record(number: str) -> str:
    """Everything about the case in one sheet."""
    with read_tx() as tx:
        held = casefile.read(actor(), tx, number)
        sheet = case_record.sheet_of(tx, held, vocabulary.language(), actor().zone)
        kept = casefile.kept(tx, held)
    return render_template("record/record.html", case=held.case, sheet=sheet, kept=kept)


@blueprint.get("/record.pdf")
def pdf(number: str) -> ResponseReturnValue:
    """The same to print or to send on."""
    with read_tx() as tx:
        held = casefile.read(actor(), tx, number)
        sheet = case_record.sheet_of(tx, held, vocabulary.language(), actor().zone)
    return answer(sheet)


def answer(sheet: case_record.Sheet) -> Response:
    """A response that a browser shows or saves under the case's number."""
    response = Response(record_pdf.pdf(sheet), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="record-{sheet.number}.pdf"'
    return response
