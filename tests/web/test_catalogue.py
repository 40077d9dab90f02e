"""Every text of the product exists in Chinese, whole and with the same places (issue 2, Language)."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "web/translations/zh/LC_MESSAGES/messages.po"
KEYWORDS = ("N_", "Phrase", "Missing", "Refused", "Invalid", "Away", "Conflict", "NotDeployable", "lazy_gettext")
FORBIDDEN = {
    "认领": "领取",
    "截止": "到期",
    "紧急事件": "应急事件",
    "应急状况": "应急事件",
    "移交单": "移交",
    "工作单": "工单",
}
"""Another word -> the glossary's (docs/glossary.md): one term for one thing."""
PLACES = re.compile(r"%\(\w+\)s|%\(num\)d")


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    target = tmp_path_factory.mktemp("texts") / "messages.pot"
    keywords = [part for name in KEYWORDS for part in ("-k", name)]
    command = ["pybabel", "-q", "extract", "-F", str(ROOT / "babel.cfg"), *keywords, "-o", str(target), str(ROOT)]
    CommandLineInterface().run(command)  # type: ignore[no-untyped-call]
    return read_po(io.BytesIO(target.read_bytes()))


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    return read_po(io.BytesIO(CATALOGUE.read_bytes()), locale="zh")


def test_no_text_is_left_in_english(extracted: Catalog, chinese: Catalog) -> None:
    assert len(extracted) > 800, "the extraction finds too little"
    assert [one.id for one in extracted if one.id and not _said(chinese, one)] == []


def test_no_text_is_left_over_or_doubtful(extracted: Catalog, chinese: Catalog) -> None:
    assert [one.id for one in chinese if one.id and one.id not in extracted] == []
    assert [one.id for one in chinese if one.id and one.fuzzy] == []


def test_every_place_of_a_text_is_in_its_chinese(chinese: Catalog) -> None:
    wrong = [one.id for one in chinese if one.id and set(_places(one.id)) != set(_places(one.string))]
    assert wrong == []


def test_no_sign_of_per_cent_stands_alone(chinese: Catalog) -> None:
    """A page fills every text: a lone % in the Chinese of one answered 500."""
    texts = [text for one in chinese if one.id for text in (*_texts(one.id), *_texts(one.string))]
    assert [text for text in texts if re.search(r"%(?!\()", text.replace("%%", ""))] == []


def test_one_term_for_one_thing() -> None:
    """The catalogue and the texts of the shipped processes keep to the glossary."""
    glossary = (ROOT / "docs/glossary.md").read_text("utf-8")
    assert all(term in glossary for term in FORBIDDEN.values())
    texts = [CATALOGUE, *ROOT.glob("workflows/*/*.zh.yaml")]
    found = [(path.name, word) for path in texts for word in FORBIDDEN if word in path.read_text("utf-8")]
    assert found == []


def _said(chinese: Catalog, wanted: Message) -> bool:
    found = chinese.get(wanted.id)
    return bool(found and (found.string if isinstance(found.string, str) else all(found.string or ())))


def _places(text: object) -> list[str]:
    return PLACES.findall(_texts(text)[-1])


def _texts(text: object) -> list[str]:
    return [text] if isinstance(text, str) else [str(part) for part in text]  # type: ignore[attr-defined]
