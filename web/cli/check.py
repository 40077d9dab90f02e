"""`loopdesk check`: what can be said about a file before it is deployed."""

from collections.abc import Callable
from pathlib import Path

import click

from loopdesk.desk import policy
from loopdesk.engine import dmn
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding, by_severity, errors_of, for_deployment
from loopdesk.forms import checks as form_checks
from loopdesk.web.cli import LANGUAGE_HELP, translation
from loopdesk.web.cli._data import show
from loopdesk.web.cli._findings import lines
from loopdesk.web.cli._folder import check_diagram, check_folder
from loopdesk.web.cli._language import LANGUAGES

Checker = Callable[[Path, bytes], list[Finding]]
FOLDER = "/"
UNREADABLE = 2
UNKNOWN = N_("%(path)s: there is no checker for this kind of file")
ABSENT = N_("%(path)s: there is no such file or folder")
CLOSED = N_("%(path)s: you may not read this")
BROKEN = N_("%(path)s: this cannot be read (%(reason)s)")
NO_FOLDER = N_("%(path)s: this is no process folder, there is nothing in it to check")


def _check_dmn(path: Path, data: bytes) -> list[Finding]:
    imports = {other.name: other.read_bytes() for other in sorted(path.parent.glob("*.dmn")) if other != path}
    return dmn.check(data, file=str(path), imports=imports)


def _check_form(path: Path, data: bytes) -> list[Finding]:
    return form_checks.check(data, file=str(path))


def _check_policy(path: Path, data: bytes) -> list[Finding]:
    try:
        policy.parse(data, str(path))
    except Invalid as error:
        return [Finding(str(path), "", "", "policy.syntax", "error", error.message, error.remedy, dict(error.params))]
    return []


CHECKERS: dict[str, Checker] = {
    ".bpmn": check_diagram,
    ".dmn": _check_dmn,
    ".form": _check_form,
    ".yaml": _check_policy,
    ".yml": _check_policy,
    FOLDER: check_folder,
}
"""By the ending of a file's name; `FOLDER` stands for a folder, whose checker gets no bytes."""


@click.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--deploy", is_flag=True, help="Check as a deployment does: what a draft may lack is an error.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--lang", type=click.Choice(LANGUAGES), is_eager=True, help=LANGUAGE_HELP)
def command(paths: tuple[Path, ...], deploy: bool, as_json: bool, **_: str | None) -> None:
    """Check files: each finding names file, element, rule, what is wrong and what to do.

    Ends with 0 when nothing is an error; with 1 when something is, also when a file is no BPMN; with 2 when a PATH
    cannot be read: it is not there, you may not read it, or it is a folder with nothing to check.
    """
    findings: list[Finding] = []
    unreadable = []
    for path in paths:
        try:
            findings += _check(path)
        except OSError as error:
            text = CLOSED if isinstance(error, PermissionError) else BROKEN
            params = {"path": error.filename or path, "reason": error.strerror}
            unreadable.append(translation()(text) % params)
        except click.UsageError as error:
            unreadable.append(error.message)
    findings = by_severity(for_deployment(findings) if deploy else findings)
    translate = translation()
    if as_json:
        click.echo(show([finding.as_json(translate) for finding in findings]))
    for line in () if as_json else lines(findings, translate):
        click.echo(line)
    for line in unreadable:
        click.echo(line, err=True)
    click.get_current_context().exit(UNREADABLE if unreadable else int(bool(errors_of(findings))))


def _check(path: Path) -> list[Finding]:
    if not path.exists():
        raise click.UsageError(translation()(ABSENT) % {"path": path})
    checker = CHECKERS.get(FOLDER if path.is_dir() else path.suffix)
    if path.is_dir() and not any(file.suffix in CHECKERS for file in path.rglob("*")):
        raise click.UsageError(translation()(NO_FOLDER) % {"path": path})
    if checker is None:
        raise click.UsageError(translation()(UNKNOWN) % {"path": path})
    return checker(path, b"" if path.is_dir() else path.read_bytes())
