"""What a classifier sees of a text: its language, told by the script, and the pieces of words that count (INT-4)."""

import re
import unicodedata
from itertools import pairwise

LANGUAGES = ("en", "zh")
"""Languages that a model is trained for; every text counts as one of them."""
LIMIT = 1_000
"""Characters that are read of a text: a report says in its first lines what it is about, logs follow later."""
_HAN = re.compile(r"[㐀-鿿]")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W_]+(?:['’][a-z]+)?")
_RUN = re.compile(r"[㐀-鿿]+|[^\W_㐀-鿿]+")
_DIGIT = re.compile(r"\d")
_LATIN_GRAMS = range(2, 6)
_HAN_GRAMS = range(1, 4)


def language_of(text: str) -> str:
    """``zh`` where at least a fifth of the letters are Chinese characters, else ``en``."""
    read = text[:LIMIT]
    return "zh" if 0 < len(_LETTER.findall(read)) <= 5 * len(_HAN.findall(read)) else "en"


def grams(text: str, language: str) -> list[str]:
    """The pieces of a text, with repetition: whole words, pairs of words and their inner pieces of 2 to 5 letters; in
    Chinese 1 to 3 characters. Case, width and the value of digits make no difference.
    """
    read = _DIGIT.sub("0", unicodedata.normalize("NFKC", text[:LIMIT]).lower())
    return _chinese(read) if language == "zh" else _latin(read)


def _latin(text: str) -> list[str]:
    words = _WORD.findall(text)
    found = [f"={word}" for word in words]
    found += [f"={one} {other}" for one, other in pairwise(words)]
    for word in words:
        padded = f" {word} "
        for length in _LATIN_GRAMS:
            found += [padded[at : at + length] for at in range(len(padded) - length + 1)]
    return found


def _chinese(text: str) -> list[str]:
    found = []
    for run in _RUN.findall(text):
        if not _HAN.match(run):
            found.append(f"={run}")
            continue
        for length in _HAN_GRAMS:
            found += [run[at : at + length] for at in range(len(run) - length + 1)]
    return found
