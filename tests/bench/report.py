"""What a bench hands in and where it is written down; the chaos run writes its counts through here too."""

from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ENGINE_PAGE = ROOT / "docs" / "engine.md"
"""The page that carries the figures, between ``<!-- bench -->`` and ``<!-- chaos -->`` marks."""


def row(name: str, value: float, unit: str, bar: float | None = None) -> dict[str, Any]:
    """One figure. Its bar is the least for what is counted in a second (``…/s``), the most for everything else.

    Without a bar it only informs and is always ok.
    """
    ok = bar is None or (value >= bar if _at_least(unit) else value <= bar)
    return {"name": name, "value": round(value, 4), "unit": unit, "bar": bar, "ok": ok}


def shown(row: dict[str, Any]) -> tuple[str, str, str, str]:
    """Name, value, bar and verdict as a reader sees them."""
    sign = "≥" if _at_least(row["unit"]) else "≤"
    bar = "" if row["bar"] is None else f"{sign} {row['bar']:,g}"
    verdict = "**missed**" if not row["ok"] else "ok" if bar else ""
    return row["name"], f"{_digits(row['value'])} {row['unit']}", bar, verdict


def table(rows: list[dict[str, Any]]) -> str:
    """The figures as a Markdown table."""
    lines = [" | ".join(("", *shown(one), "")).strip() for one in rows]
    return "\n".join(["| figure | measured | bar | |", "| --- | ---: | ---: | --- |", *lines])


def write_between(page: Path, mark: str, text: str) -> None:
    """Put ``text`` between ``<!-- mark -->`` and ``<!-- /mark -->`` of a page; both must stand there."""
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _old, closed, after = rest.partition(end)
    assert found, f"{page.name} has no {begin}"
    assert closed, f"{page.name} has no {end}"
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def _at_least(unit: str) -> bool:
    return unit.endswith("/s")


def _digits(value: float) -> str:
    """Three digits that count, and no exponent."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.3g}"
