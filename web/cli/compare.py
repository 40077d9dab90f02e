"""`loopdesk compare`: what one version of a process says otherwise than another."""

from collections.abc import Iterator
from typing import Any

import click

from loopdesk.engine import bundles
from loopdesk.engine.comparison import compare
from loopdesk.engine.errors import N_, Translate
from loopdesk.web import version_words
from loopdesk.web.cli import translation
from loopdesk.web.cli._data import show
from loopdesk.web.cli._desk import desk
from loopdesk.web.cli._owner import json_option, process_argument

SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": ">"}
SAME = N_("Nothing differs.")


@click.command("compare")
@process_argument
@click.argument("old", type=int)
@click.argument("new", type=int)
@json_option
def command(process: str, old: int, new: int, as_json: bool) -> None:
    """Compare version OLD of PROCESS with version NEW: + added, - removed, ~ changed, > moved on the drawing."""
    with desk().engine.read() as tx:
        found = compare(bundles.numbered(tx, process, old), bundles.numbered(tx, process, new))
    translate = translation()
    told = version_words.comparison(found, translate)
    if as_json:
        click.echo(show(told))
        return
    for line in _lines(told, translate):
        click.echo(line)


def _lines(told: dict[str, Any], translate: Translate) -> Iterator[str]:
    if told["same"]:
        yield translate(SAME)
    for one in told["elements"]:
        yield f"{SIGNS[one['what']]} {one['file']}: {one['kind']} {one['id']} {one['name']}".rstrip()
        for item in one["properties"]:
            yield f"    {item['label']}: {item['before'] or '–'} → {item['after'] or '–'}"
    for file in told["files"]:
        yield f"{SIGNS[file['what']]} {file['path']}"
        yield from (f"    {line}" for line in file["lines"])
