"""`loopdesk decide`: asks a decision model."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from loopdesk.engine import dmn
from loopdesk.engine.errors import N_
from loopdesk.engine.feel import to_json
from loopdesk.web.cli import translation
from loopdesk.web.cli._data import brief, data_option, now_option, show

SEVERAL = N_("Choose a decision of the file with --decision: %(names)s")
FIRED = N_("  %(policy)s rule %(rule)d%(note)s: %(outputs)s")
FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.command("decide")
@click.argument("file", type=FILE)
@click.option("--decision", "-d", help="Its name or id; not needed when the file has only one.")
@data_option
@now_option
@click.option("--json", "as_json", is_flag=True, help="Print value and explanation as JSON.")
def command(file: Path, decision: str | None, data: dict[str, Any], now: datetime, as_json: bool) -> None:
    """Decide a decision of FILE for --data: its value, and which rules fired with which inputs.

    Files that FILE imports are looked for beside it.
    """
    imports = {other.name: other.read_bytes() for other in sorted(file.parent.glob("*.dmn")) if other != file}
    model = dmn.read(file.read_bytes(), file=file.name, imports=imports)
    if decision is None:
        if len(model.decisions) != 1:
            names = ", ".join(one.name for one in model.decisions.values())
            raise click.UsageError(translation()(SEVERAL) % {"names": names or "-"})
        decision = next(iter(model.decisions))
    outcome = model.decide(decision, data, now=now)
    value = to_json(outcome.value)
    if as_json:
        click.echo(show({"value": value, "explanation": outcome.explanation}))
        return
    click.echo(show(value))
    for line in explained(outcome.explanation):
        click.echo(line)


def explained(record: dict[str, Any]) -> Iterator[str]:
    """The explanation in words, required decisions first."""
    translate = translation()
    for one in (*record.get("required", ()), record):
        yield f"{one['name']} = {brief(one['output'])}"
        for input_ in one["inputs"]:
            yield f"  {input_['label'] or input_['expression']}: {brief(input_['value'])}"
        for rule in one["rules"]:
            yield translate(FIRED) % {
                "policy": one["hit_policy"],
                "rule": rule["index"],
                "note": f" ({rule['annotation']})" if rule["annotation"] else "",
                "outputs": brief(rule["outputs"]),
            }
        for cause in one["causes"]:
            message = translate(cause["message"])
            yield f"  null: {message % cause['params'] if cause['params'] else message}"
