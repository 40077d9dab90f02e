"""`loopdesk figures`: the figures of a period, by a dimension, and gathering them anew."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import click
import orjson

from loopdesk.desk import figures
from loopdesk.desk.figures import Definition, Figure, Filter, Fresh, Period
from loopdesk.engine.errors import N_
from loopdesk.engine.tx import Tx
from loopdesk.web.cli import translation
from loopdesk.web.cli._by import actor_of, by_option
from loopdesk.web.cli._data import show
from loopdesk.web.cli._desk import desk
from loopdesk.web.cli._language import of_terminal

DAY = click.DateTime(formats=["%Y-%m-%d"])
MONTH = timedelta(days=29)
UNITS = {"minutes": N_("min"), "percent": "%", "stars": N_("of 5"), "points": N_("points"), "cases": ""}


@click.group("figures")
def command() -> None:
    """The figures of the desk: first response, time to resolution, satisfaction, availability."""


@command.command("show")
@click.option("--since", type=DAY, help="First day, as 2026-03-01; otherwise thirty days back.")
@click.option("--until", type=DAY, help="Last day; otherwise today.")
@click.option("--per", type=click.Choice(figures.DIMENSIONS), help="Tell the cases apart by this.")
@click.option("--channel", default="", help="Only cases that came in over this channel.")
@click.option("--level", default="", help="Only cases of this priority.")
@click.option("--class", "class_", default="", help="Only cases of this type.")
@click.option("--team", default="", help="Only cases that this department held last.")
@click.option("--customer", default="", help="Only cases of the organisation with this id.")
@by_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_(
    since: datetime | None, until: datetime | None, per: str | None, login: str, as_json: bool, **wanted: str
) -> None:
    """Print the figures of a period, each with its target and how many cases it is made of."""
    with desk().engine.snapshot() as tx:
        actor, period, language = actor_of(tx, login), _period(tx, since, until), _language()
        whole = figures.overview(actor, tx, period, Filter(**wanted))
        parts = figures.breakdown(actor, tx, period, per, Filter(**wanted), language) if per else []
        known = figures.definitions(tx, language)
    if as_json:
        told = {"fresh": whole.fresh, "figures": list(whole.figures.values())}
        plain = orjson.dumps(told | ({"parts": parts} if per else {}))
        click.echo(show(orjson.loads(plain)))
        return
    click.echo(f"{period.since} … {period.until}  {_fresh(whole.fresh)}")
    _table(whole.figures.values(), known)
    nobody = translation()(N_("not known"))
    for part in parts:
        click.echo(f"\n{part.name or nobody}")
        _table(part.figures.values(), known)


@command.command("rebuild")
def rebuild() -> None:
    """Gather the figures of every case anew; those of archived cases stay as they are."""
    ours, more = desk(), True
    with ours.engine.begin() as tx:
        figures.forget(tx)
    while more:
        with ours.engine.begin() as tx:
            more = figures.step(tx)
            known = figures.fresh(tx)
        if more:
            said = translation()(N_("%(gathered)s of %(total)s cases"))
            click.echo(said % {"gathered": known.gathered, "total": known.total})
    click.echo(_fresh(known))


def _period(tx: Tx, since: datetime | None, until: datetime | None) -> Period:
    last: date = until.date() if until else figures.today(tx)
    last = Period(last, last).until
    return Period(since.date() if since else last - MONTH, last)


def _language() -> str:
    ctx = click.get_current_context().find_root()
    return str(ctx.params.get("lang") or of_terminal())


def _fresh(known: Fresh) -> str:
    say = translation()
    if known.as_of is None:
        said = say(N_("Figures are still being gathered: %(gathered)s of %(total)s cases."))
        return said % {"gathered": known.gathered, "total": known.total}
    said = say(N_("as of %(moment)s, %(seconds)s seconds ago"))
    text = said % {"moment": known.as_of.isoformat(timespec="seconds"), "seconds": int(known.behind or 0)}
    late = say(N_("The job that keeps them does not run: start `loopdesk poller` and a worker."))
    return f"{text}\n{late}" if known.late else text


def _table(shown: Iterable[Figure], known: dict[str, Definition]) -> None:
    for one in shown:
        target = "" if one.target is None else f"≥ {one.target:g}"
        click.echo(f"  {_value(one):>16}  {target:<8} n = {one.n:<8} {known[one.name].title}")


def _value(one: Figure) -> str:
    say = translation()
    if one.value is None:
        return say(N_("no data"))
    unit = say(UNITS[one.unit]) if UNITS[one.unit] else ""
    return f"{_digits(one)} {unit}".strip()


def _digits(one: Figure) -> str:
    """Rounded down, so that 100 is shown only where all counted."""
    value = one.value or 0.0
    return f"{value:g}" if one.unit == "cases" else f"{int(value * 100) / 100:g}"
