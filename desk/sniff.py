"""What a file really is, by its first bytes, and whether its name tells the truth."""

from dataclasses import dataclass

import filetype

from loopdesk.engine.errors import N_, Invalid, Phrase

HEAD = 8192
"""Bytes from the start of a file that are enough to tell what it is."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A file's real kind: an extension-like ``name``, and whether it could run on the reader's machine."""

    name: str
    runs: bool = False


_PROGRAMS = (
    (b"MZ", N_("Windows program (.exe)")),
    (b"\x7fELF", N_("Linux program (ELF)")),
    (b"\xcf\xfa\xed\xfe", N_("macOS program (Mach-O)")),
    (b"\xce\xfa\xed\xfe", N_("macOS program (Mach-O)")),
    (b"\xca\xfe\xba\xbe", N_("Java or macOS program")),
    (b"\0asm", N_("WebAssembly program")),
    (b"dex\n", N_("Android program (.dex)")),
    (b"L\0\0\0\x01\x14\x02\0", N_("Windows shortcut (.lnk)")),
    (b"#!", N_("script (#!)")),
    (b"!<arch>\ndebian", N_("Debian package (.deb)")),
    (b"\xed\xab\xee\xdb", N_("RPM package (.rpm)")),
)
_RUNNABLE = """
exe com scr bat cmd pif msi msp ps1 psm1 vbs vbe js jse wsf wsh hta jar apk app dmg lnk reg sh bash run cpl
dll so dylib sys deb rpm docm xlsm pptm
"""
_RUNNABLE_NAMES = frozenset(_RUNNABLE.split())
_TEXT = """
txt log csv tsv json jsonl ndjson xml yaml yml md ini conf cfg properties toml sql har eml ics srt html htm
svg out err trace diff patch
"""
_TEXT_NAMES = frozenset(_TEXT.split())
_FAMILIES = (
    {"jpg", "jpeg", "jpe"},
    {"tif", "tiff"},
    {"heic", "heif"},
    {"zip", "docx", "xlsx", "pptx", "odt", "ods", "odp", "epub"},
    {"doc", "xls", "ppt", "msg"},
    {"mp4", "m4v", "mov", "m4a", "3gp"},
    {"webm", "mkv", "mka"},
    {"gz", "tgz"},
    {"mid", "midi"},
)
_BINARY = "png gif webp bmp ico psd jxl pdf rar 7z tar bz2 xz zst mp3 wav ogg flac avi wmv flv rtf"
_KNOWN_BY_BYTES = frozenset(_BINARY.split()).union(*_FAMILIES)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SHOWN = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "text": "text/plain; charset=utf-8",
}
"""Kinds that a browser may show; all others, HTML and SVG among them, only ever leave as bytes to save."""


_WORDS = (N_("text"), N_("unknown"))
"""Kinds that are words, not names of formats."""


def look(head: bytes) -> Kind:
    """The real kind of a file that starts with ``head``; ``unknown`` for bytes that nobody knows."""
    for magic, name in _PROGRAMS:
        if head.startswith(magic):
            return Kind(name, runs=True)
    if head.startswith(_OLE):
        return Kind("doc")
    guess = filetype.guess(head)
    if guess is not None:
        return Kind(str(guess.extension), runs=guess.extension in _RUNNABLE_NAMES)
    return Kind("text" if _is_text(head) else "unknown")


def check(name: str, head: bytes) -> Kind:
    """The real kind of the file called ``name``. Raises `Invalid` for nothing, a program, or a name that lies."""
    if not head:
        raise _refused(name, Phrase("%(file)s is empty.", file=name), N_("Check the file and attach it again."))
    claimed = extension(name)
    kind = look(head)
    if kind.runs or claimed in _RUNNABLE_NAMES:
        really = Phrase(kind.name) if kind.runs else Phrase("program or script (.%(claimed)s)", claimed=claimed)
        problem = Phrase("%(file)s is really a %(kind)s; programs are not taken.", file=name, kind=really)
        raise _refused(name, problem, N_("Attach a screenshot, a log or a document."))
    if not _agrees(claimed, kind):
        problem = Phrase(
            "%(file)s says .%(claimed)s but is really %(kind)s.", file=name, claimed=claimed, kind=_said(kind)
        )
        raise _refused(name, problem, N_("Give the file the name that fits its content."))
    return kind


def _said(kind: Kind) -> str:
    """A kind in a sentence: the names of formats are the same in each language, words for no format are not."""
    return Phrase(kind.name) if kind.name in _WORDS else kind.name


def extension(name: str) -> str:
    """The part of a file name after the last dot, in small letters; empty without a dot."""
    stem, dot, end = name.rpartition(".")
    return end.lower() if dot and stem else ""


def content_type(kind: str) -> str:
    """The type to send a file of that kind with: one that a browser shows safely, or plain bytes."""
    return _SHOWN.get(kind, "application/octet-stream")


def _agrees(claimed: str, kind: Kind) -> bool:
    if claimed in _TEXT_NAMES:
        return kind.name in ("text", "xml")
    if claimed not in _KNOWN_BY_BYTES:
        return True
    if claimed == kind.name:
        return True
    return any(claimed in family and kind.name in family for family in _FAMILIES)


def _is_text(head: bytes) -> bool:
    """Text in any encoding that logs come in: no control bytes, or UTF-16 with its mark."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    controls = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in head)
    return controls == 0


def _refused(name: str, problem: Phrase, remedy: str) -> Invalid:
    return Invalid("This file cannot be attached.", fields={"file": [problem]}, remedy=remedy, place=name)
