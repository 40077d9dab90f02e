"""`loopdesk erase`: a person's data leave the house."""

import click

from loopdesk.desk.erasure import Erasure
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import N_
from loopdesk.web import privacy
from loopdesk.web.cli import translation
from loopdesk.web.cli._desk import desk


@click.command("erase")
@click.argument("person")
@click.option("--dry-run", is_flag=True, help="Only say what would go, and where.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--reason", default="", help="Why; it stands in the log.")
def command(person: str, dry_run: bool, yes: bool, reason: str) -> None:
    """Erase PERSON: a customer's contact by e-mail address, phone number, id or customer number, or staff by login.

    What happened stays without who it was and what they said. It cannot be undone; backups keep what they hold.
    """
    translate = translation()
    click.echo(_text(privacy.erase(desk().engine.begin, desk(), SYSTEM, person, keep=False)))
    if dry_run:
        return
    if not yes:
        click.confirm(translate(N_("Erase all this for good?")), abort=True)
    privacy.erase(desk().engine.begin, desk(), SYSTEM, person, reason=reason, keep=True)
    click.echo(translate(N_("Erased.")))


def _text(found: Erasure) -> str:
    translate = translation()
    cases = ", ".join(found.cases) or "-"
    head = translate(N_("%(kind)s %(person)s; cases: %(cases)s"))
    lines = [head % {"kind": found.kind, "person": found.person, "cases": cases}]
    lines += [f"{table}: {rows}" for table, rows in sorted(found.rows.items())]
    lines += [f"event: {found.events}", f"files: {found.files}"]
    return "\n".join(lines)
