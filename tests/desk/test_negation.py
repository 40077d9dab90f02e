"""Negation that stands further from its word is read as if it stood beside it; nothing else changes (COM-6)."""

import time

import pytest

from loopdesk.desk.sentiment.negation import near


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("We are not at all satisfied with it.", "We are not satisfied with it."),
        ("I am not in any way happy with the repair.", "I am not happy with the repair."),
        ("I'm not really very happy.", "I'm not happy."),
        ("It isn’t even remotely good.", "It is not good."),
        ("I can't say that I'm happy with you.", "I not happy with you."),
        ("We don't think this is good service.", "We not good service."),
        ("Anything but happy.", "not happy."),
        ("By no means satisfied.", "not satisfied."),
        ("I never felt ignored, not at all.", "I never felt ignored, not at all."),
        ("I do not believe a word.", "I do not believe a word."),
        ("Not only late but wrong.", "Not only late but wrong."),
        ("Far from the office.", "Far from the office."),
        ("The note says nothing.", "The note says nothing."),
        ("我们一点也不满意", "我们不满意"),
        ("一点儿都不好", "不好"),
        ("并不怎么满意", "不满意"),
        ("不是很满意", "不满意"),
        ("谈不上满意", "不满意"),
        ("不能说是很满意", "不满意"),
        ("不太好，谢谢", "不好，谢谢"),
        ("不是发票的问题", "不是发票的问题"),
        ("没有问题，谢谢", "没有问题，谢谢"),
        ("不用了", "不用了"),
    ],
)
def test_a_negation_is_brought_beside_its_word_over_set_phrases_only(said: str, read: str) -> None:
    assert near(said) == read
    assert near(read) == read, "what was read once stays so"


@pytest.mark.parametrize(
    "piece", ["not at all ", "n't ", "not so, ", "不太", "一点也", "cannot say that ", "x" * 99, " "]
)
def test_a_long_text_is_read_in_time(piece: str) -> None:
    """Bad input: only the beginning counts, and no text makes the reading slow."""
    begun = time.perf_counter()
    near(piece * 100_000)
    assert time.perf_counter() - begun < 1
