"""Characters of a mail: charsets declared wrongly or not at all, encoded words, quoted history."""

import base64
import binascii
import quopri
import re

_ALIASES = {"gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030", "x-gbk": "gb18030", "ks_c_5601-1987": "cp949"}
"""GB2312 and GBK are subsets of GB18030, and mailers label the one as the other."""
_NO_CHARSET = frozenset({"", "us-ascii", "ascii", "unknown", "unknown-8bit", "default", "x-unknown"})
_FITS_ANYTHING = ("iso-8859", "latin", "windows-125", "cp125")
_COMMON = frozenset(
    "的一是不了在有人我来到时大为上们你说会请问无法您好登录账号订单这个這們來時為說會請問無登錄帳號訂單個"
)
_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?)")


def decode_bytes(raw: bytes, declared: str) -> tuple[str, bool]:
    """``raw`` as text, and whether every byte was understood.

    Tries what was declared, then UTF-8, then the Chinese encodings, and keeps the first that fits; only when nothing
    fits are characters replaced. A declaration that fits any bytes (Latin-1) loses to valid UTF-8.
    """
    declared = declared.strip("\"' ").lower()
    charset = _ALIASES.get(declared, declared)
    if charset in _NO_CHARSET:
        order = ["utf-8", *_chinese(raw)]
    elif charset.startswith(_FITS_ANYTHING):
        order = ["utf-8", charset]
    else:
        order = [charset, "utf-8", *_chinese(raw)]
    for candidate in order:
        text = _try(raw, candidate)
        if text is not None:
            return storable(text), True
    return storable(raw.decode(_chinese(raw)[0], errors="replace")), False


def storable(text: str) -> str:
    """``text`` with plain line ends and without what no database keeps: NUL and halves of surrogate pairs."""
    return text.replace("\r\n", "\n").replace("\x00", "").encode("utf-8", "replace").decode()


def _try(raw: bytes, charset: str) -> str | None:
    try:
        return raw.decode(charset)
    except (UnicodeError, LookupError, ValueError):
        return None


def _chinese(raw: bytes) -> list[str]:
    """GB18030 and Big5, the likelier first: their bytes overlap, so frequent characters decide."""
    sample = raw[:20_000]
    return sorted(["gb18030", "big5"], key=lambda charset: -_commonness(sample.decode(charset, "ignore")))


def _commonness(text: str) -> int:
    return sum(character in _COMMON for character in text)


def decode_header_text(value: str) -> str:
    """A header's text on one line: encoded words (RFC 2047) also where they stand wrongly, and 8-bit headers.

    8-bit bytes come in as surrogates, the way ``email`` keeps them.
    """
    if any("\udc80" <= character <= "\udcff" for character in value):
        value = decode_bytes(value.encode("utf-8", "surrogateescape"), "")[0]
    text = _decode_words(_BETWEEN_WORDS.sub(r"\1", value))
    return re.sub(r"[\r\n\t]+ *", " ", storable(text)).strip()


def _decode_words(text: str) -> str:
    """Adjacent words of one charset are joined before decoding: mailers cut inside a character."""
    out: list[str] = []
    pending, charset, end = b"", "", 0
    for word in _WORD.finditer(text):
        if pending and (word.start() != end or word[1].lower() != charset):
            out.append(decode_bytes(pending, charset)[0])
            pending = b""
        out.append(text[end : word.start()])
        pending, charset, end = pending + _word_bytes(word[2], word[3]), word[1].lower(), word.end()
    return "".join([*out, decode_bytes(pending, charset)[0] if pending else "", text[end:]])


def _word_bytes(encoding: str, content: str) -> bytes:
    data = content.encode("utf-8", "replace")
    if encoding in "qQ":
        return quopri.decodestring(data, header=True)
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        return data


_OPENERS = re.compile(
    r"-{2,} ?(?:original message|原始邮件|原始郵件|forwarded message|转发邮件|轉寄郵件)|_{20,}\s*$", re.IGNORECASE
)
_HEADS = re.compile(r"(?:from|发件人|寄件者|寄件人)[::]", re.IGNORECASE)
_SECOND_HEADS = re.compile(r"(?:sent|date|to|发送时间|日期|寄件日期|收件人|收件者)[::]", re.IGNORECASE)
_WROTE = ("wrote:", "写道:", "写道：", "寫道:", "寫道：")


def new_part(text: str) -> str:
    """``text`` without the history quoted below it; the whole text when nothing else would be left, or when the
    answers stand between the quoted lines.
    """
    lines = text.split("\n")
    end = next((number for number in range(len(lines)) if _history_starts(lines, number)), len(lines))
    while end and (lines[end - 1].startswith(">") or not lines[end - 1].strip()):
        end -= 1
    return "\n".join(lines[:end]).strip() or text.strip()


def _history_starts(lines: list[str], number: int) -> bool:
    """Whether a mail reader's line above quoted history stands here (Gmail, Apple, Outlook, QQ, NetEase)."""
    line = lines[number].strip()
    following = lines[number + 1].strip() if number + 1 < len(lines) else ""
    if _OPENERS.match(line):
        return True
    if _HEADS.match(line.strip("* ")):
        return bool(_SECOND_HEADS.match(following.strip("* ")))
    opens = line.endswith(_WROTE) or (line.startswith("On ") and following.endswith(_WROTE))
    return opens and not _answers_between(lines[number + 1 :])


def _answers_between(lines: list[str]) -> bool:
    """Whether words of the writer's own follow the first quoted line."""
    quoted = next((number for number, line in enumerate(lines) if line.startswith(">")), len(lines))
    return any(line.strip() and not line.startswith(">") for line in lines[quoted:])
