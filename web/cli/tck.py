"""`loopdesk tck`: runs test cases in the format of the DMN Technology Compatibility Kit."""

from datetime import datetime
from pathlib import Path

import click

from loopdesk.engine.dmn import tck
from loopdesk.engine.errors import N_
from loopdesk.web.cli import translation
from loopdesk.web.cli._data import now_option, show

DOCUMENT = click.Path(exists=True, dir_okay=False, writable=True, path_type=Path)
PASSED = N_("%(passed)d of %(total)d result nodes pass")
START, END = "<!-- tck -->", "<!-- /tck -->"


@click.command("tck")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@now_option
@click.option("--json", "as_json", is_flag=True, help="Print figures and failures as JSON.")
@click.option("--write", type=DOCUMENT, help="Put the table of figures into this document, between its marks.")
def command(directory: Path, now: datetime, as_json: bool, write: Path | None) -> None:
    """Run all test cases under DIRECTORY and print how many result nodes pass, by directory."""
    report = tck.run(directory, now)
    if as_json:
        click.echo(show(report.as_json()))
        return
    if write:
        _write(write, tck.markdown(report))
    figures = report.as_json()
    for name, row in figures["by_directory"].items():
        click.echo(f"{row['passed']:>5} of {row['total']:>5}  {name}")
    for failure in report.failures:
        click.echo(f"failed: {failure.directory} {failure.node}: {show(failure.actual)} not {show(failure.expected)}")
    click.echo(translation()(PASSED) % {"passed": figures["passed"], "total": figures["total"]})


def _write(document: Path, table: str) -> None:
    before, start, rest = document.read_text(encoding="utf-8").partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise click.UsageError(f"{document} has no place for the table between {START} and {END}")
    document.write_text(f"{before}{START}\n{table}\n{END}{after}", encoding="utf-8")
