"""Negation beside its word: a model that knows pairs of words is to read “not at all happy” as “not happy” (COM-6)."""

import re

from loopdesk.desk.classification.text import LIMIT

_SHORT = re.compile(r"\b(\w+?)n['’]t\b", re.I)
_WHOLE = {"ca": "can", "wo": "will", "sha": "shall"}
_IT_IS = r"(?:i am|i was|we are|we were|(?:this|it|that) (?:is|was)|i['’]m|we['’]re|(?:it|that)['’]s)"
_MEANT = (
    rf"(?:can ?not|could not|would not)(?: \w+ly)? (?:say|claim|pretend)(?: that)?(?: {_IT_IS})?",
    rf"(?:do|did) not(?: \w+ly)? (?:think|believe|feel)(?: that)? {_IT_IS}",
    r"far from(?: being)?(?! (?:the|our|your|my|a|an|home|here)\b)",
    r"anything but",
    r"nowhere near",
    r"by no means",
    r"in no way",
)
"""Said for “not”."""
_BETWEEN = (
    r"at all",
    r"in any (?:way|respect|sense)",
    r"in the (?:least|slightest)",
    r"by any means",
    r"(?:the least|one|a) bit",
    r"all that",
    r"anywhere near",
    r"what (?:i|we|you|one)(?: would| could|['’]d) call",
    r"(?:even|really|very|particularly|especially|exactly|entirely|completely|totally|fully|truly|overly|remotely)",
    r"(?:so|too|quite|much|that|be|been|being|feel|feeling)",
)
"""Stands between “not” and its word, and says how much."""
_MEANS_NOT = re.compile(rf"\b(?:{'|'.join(_MEANT)})(?= \w)", re.I)
_FAR = re.compile(rf"\b(not|never|hardly|barely|scarcely)((?:,? (?:{'|'.join(_BETWEEN)})\b)+),?(?= \w)", re.I)
_SPACES = re.compile(r"[ \t]+")
_VERY = r"(?:很|太|十分|非常|特别|那么|这么|多么?)"
_CHINESE = (
    (re.compile(rf"(?:[谈算称说]不上|不[能敢]说)是?{_VERY}?(?=[㐀-鿿])"), "不"),
    (re.compile(r"(?:一点儿?|半点儿?|一丝|丝毫|毫|并)[也都]?(?=[不没])"), ""),
    (re.compile(rf"不(?:怎么|怎样|算是?|觉得|感到|感觉|认为|是(?={_VERY})|{_VERY})+(?=[㐀-鿿])"), "不"),
)
"""谈不上满意, 一点也不满意, 不怎么满意: what is meant is 不满意."""


def near(text: str) -> str:
    """The beginning of ``text`` with each negation beside its word, where only set phrases stand between them.

    Nothing is understood: “I do not believe a word” keeps its words, for no such phrase is in it.
    """
    text = text[: 2 * LIMIT]
    for pattern, short in _CHINESE:
        text = pattern.sub(short, text)
    spelt = _SHORT.sub(lambda found: f"{_WHOLE.get(found[1].lower(), found[1])} not", text)
    return _FAR.sub(r"\1", _MEANS_NOT.sub("not", _SPACES.sub(" ", spelt)))
