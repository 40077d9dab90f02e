"""`loopdesk tck`: runs test cases in the format of the DMN Technology Compatibility Kit."""

from datetime import datetime
from pathlib import Path

import click

from loopdesk.engine.dmn import tck
from loopdesk.web.cli._data import now_option, show


@click.command("tck")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@now_option
@click.option("--json", "as_json", is_flag=True, help="Print figures and failures as JSON.")
@click.option("--markdown", is_flag=True, help="Print the table of docs/dmn-support.md.")
def command(directory: Path, now: datetime, as_json: bool, markdown: bool) -> None:
    """Run all test cases under DIRECTORY and print how many result nodes pass, by directory."""
    report = tck.run(directory, now)
    if as_json:
        click.echo(show(report.as_json()))
        return
    if markdown:
        click.echo(tck.markdown(report))
        return
    figures = report.as_json()
    for name, row in figures["by_directory"].items():
        click.echo(f"{row['passed']:>5} of {row['total']:>5}  {name}")
    for failure in report.failures:
        click.echo(f"failed: {failure.directory} {failure.node}: {show(failure.actual)} not {show(failure.expected)}")
    click.echo(f"{figures['passed']} of {figures['total']} result nodes pass")
