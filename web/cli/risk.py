"""`loopdesk risk`: how good the warnings of risk between departments would have been (HND-8)."""

import click

from loopdesk.desk.team import backtest
from loopdesk.desk.team.backtest import Score
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import N_
from loopdesk.web.cli import translation
from loopdesk.web.cli._data import show
from loopdesk.web.cli._desk import desk


@click.group("risk")
def command() -> None:
    """Warnings of risk between departments."""


@command.command("backtest")
@click.option("--json", "as_json", is_flag=True, help="Print the figures and every week as JSON.")
def replayed(as_json: bool) -> None:
    """Replay risk.dmn over the weeks of the history: precision and recall beside the base rate."""
    with desk().engine.read() as tx:
        score = backtest.run(SYSTEM, tx)
    if as_json:
        click.echo(show(_as_json(score)))
        return
    say = translation()
    if not score.weeks:
        click.echo(say(N_("Too little history: a week of a pair counts once the time after it is over.")))
        return
    click.echo(say(N_("%(weeks)s weeks of pairs")) % {"weeks": len(score.weeks)})
    for name, value in (
        (N_("precision"), score.precision),
        (N_("recall"), score.recall),
        (N_("base rate"), score.base_rate),
    ):
        told = say(N_("nothing to count")) if value is None else f"{value:.3f}"
        click.echo(f"{say(name)}: {told}")


def _as_json(score: Score) -> dict[str, object]:
    weeks = [
        {"at": one.at.isoformat(), "from": one.pair[0], "to": one.pair[1], "level": one.level}
        | {"warned": one.warned, "happened": one.happened}
        for one in score.weeks
    ]
    figures = {"precision": score.precision, "recall": score.recall, "base_rate": score.base_rate}
    return {**figures, "weeks": weeks}
