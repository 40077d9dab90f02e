"""Lists as files for a spreadsheet."""

import codecs
import csv
from collections.abc import Iterable, Sequence
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import cast

from flask import Response
from flask_babel import gettext

MOST = 50_000
"""Rows of one file; a file that has no more says so in its last line."""
_IN_MEMORY = 4 * 1024 * 1024
"""Bytes; a longer file is written to a disk until it has left."""


def sheet(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A CSV file called ``name`` to download; moments are written as ISO 8601, None as nothing.

    It holds `MOST` rows; where there are more, its last line says that some are missing.
    """
    whole = SpooledTemporaryFile(_IN_MEMORY, "wb")  # noqa: SIM115 - it is closed when the response has been sent
    # The mark tells spreadsheets that it is UTF-8, or Chinese is garbled.
    whole.write(codecs.BOM_UTF8)
    text = codecs.getwriter("utf-8")(whole)
    writer = csv.writer(text)
    writer.writerow(columns)
    left = iter(rows)
    writer.writerows([_cell(value) for value in row] for row in islice(left, MOST))
    if next(left, None) is not None:
        writer.writerow([gettext("Only the first %(most)s rows are in this file. Choose narrower filters.", most=MOST)])
    whole.seek(0)
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(cast(Iterable[bytes], whole), mimetype="text/csv", headers=headers)


def _cell(value: object) -> str:
    if isinstance(value, int | float):
        return str(value)  # A number below nought is no formula.
    text = "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
    # A spreadsheet would run what begins like a formula.
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
