"""Files and functions stay small enough to be read at once (architecture §6)."""

from pathlib import Path

from loopdesk.tests.house.source import ROOT, SKIPPED, functions, name, product, written

FILE, FUNCTION = 300, 40


def long_files(paths: tuple[Path, ...]) -> dict[str, int]:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    return {path: length for path, length in lengths.items() if length > FILE}


def test_no_file_is_longer_than_300_lines() -> None:
    assert long_files(product()) == {}
    assert long_files(written()) == {}


def test_no_script_or_template_of_the_pages_is_longer_than_300_lines() -> None:
    kinds = (".ts", ".css", ".html", ".js")
    files = [path for path in (ROOT / "web").rglob("*") if path.suffix in kinds and not set(path.parts) & set(SKIPPED)]
    assert long_files(tuple(files)) == {}


def test_no_function_is_longer_than_40_lines() -> None:
    long = {
        f"{name(path)}: {function.name}": length
        for path in (*product(), *written())
        for function in functions(path)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION
    }
    assert long == {}
