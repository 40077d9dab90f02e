"""`loopdesk migrate-instances`: carries running instances over to another version of their process.

(`loopdesk migrate` is another thing: it brings the database's tables up to date.)
"""

from typing import Any

import click

from loopdesk.engine import migration
from loopdesk.engine.errors import N_, Invalid
from loopdesk.web import version_words
from loopdesk.web.cli import translation
from loopdesk.web.cli._data import show
from loopdesk.web.cli._desk import desk
from loopdesk.web.cli._owner import changing, dry_option, json_option, note_option, owner, process_argument

LISTED = 100_000
STARTED = N_("Migration %(id)s (instances: %(total)s): see `loopdesk migrate-instances show %(id)s`.")


@click.group("migrate-instances")
def command() -> None:
    """Carry running instances over to another version; not to be confused with `migrate`, which is the database's."""


@command.command("start")
@process_argument
@click.option("--from", "source", type=int, required=True, help="Version that the instances run on.")
@click.option("--to", "target", type=int, required=True, help="Version that they go on with.")
@click.option("--map", "pairs", multiple=True, help="OLD=NEW element ids; repeat for several.")
@click.option("--suggested", is_flag=True, help="Take the pairs that are suggested by name, too.")
@click.option("--only", multiple=True, help="An instance or case number; repeat for several. Otherwise all.")
@click.option("--recompute", is_flag=True, help="Count timers anew whose text has changed; otherwise they keep theirs.")
@note_option
@dry_option
@json_option
def start(process: str, source: int, target: int, **options: Any) -> None:
    """Carry instances of PROCESS over; workers do it in batches. With --dry-run each one is listed."""
    translate, mapping = translation(), _pairs(options["pairs"])
    between = (owner(), process, source, target)
    with desk().engine.read() as tx:
        wish = {"only": options["only"], "recompute": options["recompute"], "limit": LISTED}
        seen = migration.preview(between[0], tx, *between[1:], mapping=mapping, **wish)
        if options["suggested"] and seen.suggested:
            mapping |= seen.suggested
            seen = migration.preview(between[0], tx, *between[1:], mapping=mapping, **wish)
    if options["dry_run"]:
        _say_preview(version_words.preview(seen, translate), as_json=options["as_json"])
        return
    chosen = {"mapping": mapping, "only": options["only"], "recompute": options["recompute"], "note": options["note"]}
    with changing(dry_run=False) as tx:
        job = migration.start(between[0], tx, *between[1:], **chosen)
    text = translate(STARTED) % {"id": job, "total": seen.total}
    click.echo(show({"id": job, "total": seen.total}) if options["as_json"] else text)


@command.command("list")
@click.argument("process", default="")
@json_option
def listing(process: str, as_json: bool) -> None:
    """List migrations, newest first, of PROCESS or of all."""
    with desk().engine.read() as tx:
        rows = [_plain(version_words.job(row)) for row in migration.listing(owner(), tx, process)]
    click.echo(show(rows) if as_json else "\n".join(_line(row) for row in rows))


@command.command("show")
@click.argument("migration_id")
@json_option
def one(migration_id: str, as_json: bool) -> None:
    """Say how a migration stands, and why instances stay with their version."""
    translate = translation()
    with desk().engine.read() as tx:
        row = _plain(version_words.job(migration.get(owner(), tx, migration_id)))
        found = migration.items(owner(), tx, migration_id, limit=LISTED)
    items = [_plain(version_words.item(item, translate)) for item in found]
    if as_json:
        click.echo(show(row | {"instances": items}))
        return
    click.echo(_line(row))
    for item in items:
        click.echo(f"  {item['key']}  {item['instance']}  {item['state']}{_reasons(item['reasons'])}")


@command.command("pause")
@click.argument("migration_id")
def pause(migration_id: str) -> None:
    """Let a migration rest after the batch in hand."""
    with changing(dry_run=False) as tx:
        migration.pause(owner(), tx, migration_id)


@command.command("resume")
@click.argument("migration_id")
def resume(migration_id: str) -> None:
    """Let a paused migration go on with what is left."""
    with changing(dry_run=False) as tx:
        migration.resume(owner(), tx, migration_id)


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in given:
        old, sign, new = text.partition("=")
        if not (old and sign and new):
            raise Invalid("“%(text)s” is no pair of elements.", remedy=N_("Write it as OLD=NEW."), text=text)
        if pairs.get(old, new) != new:
            raise Invalid("“%(old)s” is mapped twice.", remedy=N_("Name each old element once."), old=old)
        pairs[old] = new
    return pairs


def _say_preview(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(show(told))
        return
    for look in told["instances"]:
        moves = ", ".join(old if old == new else f"{old} → {new}" for old, new in look["moves"].items())
        click.echo(f"{look['key']}  {look['instance']}  {moves}{_reasons(look['reasons'])}")
    for old, new in told["suggested"].items():
        click.echo(f"--map {old}={new} ?")


def _reasons(reasons: list[dict[str, str]]) -> str:
    return "".join(f"  ✗ {one['reason']}" for one in reasons)


def _line(row: dict[str, Any]) -> str:
    counts = " ".join(f"{name} {row[name]}" for name in ("migrated", "failed", "waiting"))
    return f"{row['id']}  {row['process']} {row['source']} → {row['target']}  {row['state']}  {counts}"


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Moments as text."""
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
