"""`loopdesk audit`: proves that nobody changed the log of what happened."""

import json
from dataclasses import asdict
from typing import Any

import click

from loopdesk.engine import audit, audit_verify
from loopdesk.engine.audit_verify import Report
from loopdesk.engine.errors import N_
from loopdesk.web.cli import translation
from loopdesk.web.cli._desk import desk


@click.group("audit")
def command() -> None:
    """The chained log of every command."""


@command.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--seal", help="NUMBER:HASH of a seal noted down earlier; it must still be in the log.")
@click.pass_context
def verify(ctx: click.Context, as_json: bool, seal: str | None) -> None:
    """Find changed, removed and inserted rows and name them; exit code 1 when there are any."""
    ours = desk()
    audit.chain(ours.engine)
    with ours.engine.snapshot() as tx:
        report = audit_verify.verify(tx, anchor=_anchor(seal))
    click.echo(_json(report) if as_json else _text(report))
    ctx.exit(0 if report.ok else 1)


@command.command("seal")
def seal() -> None:
    """Chain what waits and print the newest seal, NUMBER:HASH, to be kept outside of this machine."""
    ours = desk()
    audit.chain(ours.engine)
    with ours.engine.read() as tx:
        click.echo(audit.newest_seal(tx))


def _anchor(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    number, _, digest = text.partition(":")
    if not number.isdigit() or len(digest) != 64:
        raise click.BadParameter("write it as NUMBER:HASH, as `loopdesk audit seal` prints it")
    return int(number), digest


def _json(report: Report) -> str:
    translate = translation()
    found = [asdict(one) | {"message": one.message.text(translate)} for one in report.findings]
    whole: dict[str, Any] = asdict(report) | {"ok": report.ok, "findings": found}
    return json.dumps(whole, ensure_ascii=False, indent=2)


def _text(report: Report) -> str:
    translate = translation()
    lines = [
        f"{one.chain or '-'} #{one.position} (event {one.event}) [{one.what}] {one.message.text(translate)}"
        for one in report.findings
    ]
    if report.wrong > len(report.findings):
        lines.append(translate(N_("… and %(count)s more.")) % {"count": report.wrong - len(report.findings)})
    seen = N_(
        "%(rows)s rows in %(chains)s chains, %(erased)s erased and %(archived)s archived by law, %(pending)s not "
        "chained yet. Seal %(seals)s:%(seal)s. Wrong: %(wrong)s."
    )
    return "\n".join([*lines, translate(seen) % asdict(report)])
