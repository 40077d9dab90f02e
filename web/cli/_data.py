"""What the commands about expressions and decisions share: JSON in, JSON out, the time."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import click

from loopdesk.engine.clock import SystemClock
from loopdesk.engine.errors import N_
from loopdesk.engine.storable import wrong_in
from loopdesk.web.cli import translation

NO_JSON = N_("this is not JSON: it goes wrong at line %(line)s, character %(column)s")
ODD_JSON = N_("this is not JSON: %(reason)s")
NO_OBJECT = N_("this is not a JSON object: write it as {...}")
NO_MOMENT = N_("this is not an ISO date and time such as 2026-03-02T09:00:00+08:00")
NO_ZONE = N_("the time zone is missing, such as Z or +08:00")


class JsonObject(click.ParamType[dict[str, Any]]):
    """A JSON object on the command line; numbers keep all their digits."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """The object, or a usage error that says where the JSON is wrong."""
        if isinstance(value, dict):
            return value
        try:
            data = json.loads(value, parse_float=Decimal, parse_constant=self._refuse)
        except json.JSONDecodeError as error:
            self.fail(translation()(NO_JSON) % {"line": error.lineno, "column": error.colno}, param, ctx)
        except (ValueError, RecursionError) as error:
            self.fail(translation()(ODD_JSON) % {"reason": error}, param, ctx)
        if not isinstance(data, dict):
            self.fail(translation()(NO_OBJECT), param, ctx)
        if found := wrong_in(data):
            self.fail(f"{found[0]}: {translation()(found[1])}", param, ctx)
        return data

    @staticmethod
    def _refuse(word: str) -> None:
        raise ValueError(f"{word} is no number")


class Moment(click.ParamType[datetime]):
    """A zone-aware ISO date and time."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment, or a usage error."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(translation()(NO_MOMENT), param, ctx)
        if moment.tzinfo is None:
            self.fail(translation()(NO_ZONE), param, ctx)
        return moment


data_option = click.option(
    "--data", type=JsonObject(), default="{}", show_default=True, help="The variables, as a JSON object."
)
now_option = click.option(
    "--now", type=Moment(), default=lambda: SystemClock().now(), help="What now() answers; otherwise the present."
)


def show(value: Any) -> str:
    """JSON as the commands print it."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def brief(value: Any) -> str:
    """JSON on one line."""
    return json.dumps(value, ensure_ascii=False)
