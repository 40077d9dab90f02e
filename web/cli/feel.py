"""`loopdesk feel`: evaluates a FEEL expression."""

from datetime import datetime
from typing import Any

import click

from loopdesk.engine import feel
from loopdesk.web.cli import translation
from loopdesk.web.cli._data import data_option, now_option, show


@click.command("feel")
@click.argument("expression")
@data_option
@now_option
@click.option("--json", "as_json", is_flag=True, help="Print value and causes of nulls as JSON.")
def command(expression: str, data: dict[str, Any], now: datetime, as_json: bool) -> None:
    """Evaluate EXPRESSION for the variables of --data and print its value as JSON.

    Where something became null on the way, standard error says why.
    """
    explained = feel.compile(expression, names=data).explain(data, now=now)
    value = feel.to_json(explained.value)
    translate = translation()
    causes = [{"position": cause.position, "message": cause.text(translate)} for cause in explained.causes]
    if as_json:
        click.echo(show({"value": value, "causes": causes}))
        return
    click.echo(show(value))
    for cause in causes:
        click.echo(f"{cause['position']}: {cause['message']}", err=True)
