"""Lists as files for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response


def sheet(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A CSV file called ``name`` to download; moments are written as ISO 8601, None as nothing."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    # The mark tells spreadsheets that it is UTF-8, or Chinese is garbled.
    response = Response("\ufeff" + text.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response


def _cell(value: object) -> str:
    if isinstance(value, int | float):
        return str(value)  # A number below nought is no formula.
    text = "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
    # A spreadsheet would run what begins like a formula.
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
