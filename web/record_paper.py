"""How the record of a case is laid out on paper, with the letters that are written in it (DIA-7).

The fonts are part of the installation, so nothing of the machine is asked and nothing that customers wrote is fetched.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path

import fontpkg
import pylopdf_fonts_ar
import pylopdf_fonts_he
import pylopdf_fonts_ko
import pylopdf_fonts_zh_cn
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import MethodReturnValue

from loopdesk.web import case_record
from loopdesk.web.case_record import Section, Sheet

SIDE, TOP, NAMES = 18, 20, 46
"""Millimetres: margins of the page, and the column of names."""
LINE = 1.5
"""Height of a line in heights of its letters."""
_POINT = 25.4 / 72
_INK, _GREY = 0x1A, 0x66
_PAGES = "\ue000" * 4
"""Stands for the number of pages until it is known; no font has these letters, so no text has them on paper."""
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def printed(sheet: Sheet) -> bytes:
    """The sheet as a PDF with the fonts that it needs inside."""
    paper = _Paper(sheet)
    paper.head()
    for section in sheet.sections:
        paper.section(section)
    return bytes(paper.output())


class _Paper(FPDF):
    """A4 pages with the case's number and the number of the page at their feet."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(format="A4")
        self.sheet = sheet
        self.set_creation_date(sheet.made_at)
        self.alias_nb_pages(_PAGES)
        self.set_title(f"{sheet.number} {_written(sheet.title)}")
        self.set_lang(sheet.language)
        self.set_margins(SIDE, TOP)
        self.set_auto_page_break(True, TOP)
        foreign = _foreign(sheet)
        needed = ["zh", *(name for name in _fonts() if foreign and not foreign.isdisjoint(_letters(name)))]
        for name in needed:
            self.add_font(name, fname=_fonts()[name])
        self.set_fallback_fonts(needed[1:], exact_match=False)
        self.set_font("zh", size=10)
        self.add_page()

    def head(self) -> None:
        """Number, title, and when it was made."""
        self._say(self.sheet.number, 8.5, _GREY)
        self._say(self.sheet.title, 16)
        self._say(self.sheet.made, 8.5, _GREY)

    def section(self, section: Section) -> None:
        """A heading, never alone at the foot of a page, and what stands below it."""
        if self.will_page_break(28):
            self.add_page()
        self.ln(6)
        self._say(section.title, 11)
        self.set_draw_color(0x99)
        self.line(SIDE, self.y, self.w - SIDE, self.y)
        self.ln(1.5)
        if section.text:
            self._say(section.text)
        for row in section.rows:
            self._row(row)

    def footer(self) -> None:
        """What FPDF writes at the end of each page."""
        self.set_y(-15)
        self._style(8, _GREY)
        self.cell(0, 4, self.sheet.number)
        self.set_x(SIDE)
        self.cell(0, 4, f"{self.page_no()} / {_PAGES}", align="R")

    def _row(self, row: case_record.Row) -> None:
        """The name at the left, the text beside it, over as many pages as it takes."""
        self._style(10, _GREY)
        high = self.multi_cell(
            NAMES - 4, 10 * _POINT * LINE, _written(row.name), dry_run=True, output=MethodReturnValue.HEIGHT
        )
        if self.will_page_break(max(float(str(high)), 12)):
            self.add_page()
        top, page = self.y, self.page
        self._say(row.name, 10, _GREY, wide=NAMES - 4)
        below = self.y
        if self.page == page:
            self.y = top
        page = self.page
        self._say(row.text, left=SIDE + NAMES)
        if row.by:
            self._say(row.by, 8.5, _GREY, left=SIDE + NAMES)
        if self.page == page:
            self.y = max(self.y, below)
        self.ln(1)

    def _say(self, text: str, size: float = 10, grey: int = _INK, *, left: float = SIDE, wide: float = 0) -> None:
        """Write a text as it was written, nothing of it is markup, and go to the line below it."""
        self._style(size, grey)
        # Shaping joins Arabic letters and turns lines round; it takes four times as long, so only where it is needed.
        self.set_text_shaping(bool(_RIGHT_TO_LEFT.search(text)))
        self.x = left
        self.multi_cell(wide, size * _POINT * LINE, _written(text), align="L", new_x="LMARGIN", new_y="NEXT")

    def _style(self, size: float, grey: int) -> None:
        self.set_font("zh", size=size)
        self.set_text_color(grey)


def _fonts() -> dict[str, Path]:
    """Fonts by name; the first one that has a letter writes it."""
    return {
        "zh": pylopdf_fonts_zh_cn.sans_path(),
        "latin": fontpkg.path("Noto Sans"),
        "ar": pylopdf_fonts_ar.sans_path(),
        "he": pylopdf_fonts_he.sans_path(),
        "ko": pylopdf_fonts_ko.sans_path(),
    }


@cache
def _letters(name: str) -> frozenset[int]:
    """The letters that a font has."""
    with TTFont(_fonts()[name], lazy=True) as font:
        return frozenset(font.getBestCmap())


def _foreign(sheet: Sheet) -> set[int]:
    """The letters of the sheet that the first font lacks."""
    rows = (text for section in sheet.sections for row in section.rows for text in (row.name, row.text, row.by))
    texts = (sheet.title, *(section.text for section in sheet.sections), *rows)
    return {ord(letter) for text in texts for letter in _written(text)} - _letters("zh")


class _Written(dict[int, str]):
    """What stands on paper for a letter, found out once: itself, nothing for a control, else its name."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        if unicodedata.category(letter) in ("Cc", "Cf") or 0xFE00 <= code <= 0xFE0F:
            self[code] = ""
        elif any(code in _letters(name) for name in _fonts()):
            self[code] = letter
        else:
            self[code] = f"[{unicodedata.name(letter, f'U+{code:04X}').lower()}]"
        return self[code]


_WRITTEN = _Written({ord("\n"): "\n", ord("\t"): "    "})


def _written(text: str) -> str:
    """The text in letters that the fonts have; an emoji, which none has, by its name: nothing is left out unseen."""
    return unicodedata.normalize("NFC", text).translate(_WRITTEN)
