"""Every command explains itself (architecture §6, documentation tests)."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from loopdesk.engine.errors import N_, Refused
from loopdesk.web.cli import cli

EXPECTED = {"up", "web", "worker", "poller", "mail", "migrate", "deploy", "export", "check", "test", "decide", "feel"}


def every(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        yield f"{path} {name}".strip(), command
        if isinstance(command, click.Group):
            yield from every(command, name)


def test_each_command_and_option_is_explained() -> None:
    silent = [path for path, command in every(cli) if not (command.help or "").strip()]
    assert silent == []
    options = [
        f"{path} {parameter.opts[0]}"
        for path, command in every(cli)
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.help
    ]
    assert options == []


def test_a_command_is_named_like_its_file() -> None:
    ctx = click.Context(cli)
    names = cli.list_commands(ctx)
    assert {name: command.name for name in names if (command := cli.get_command(ctx, name))} == {n: n for n in names}
    assert set(names) >= EXPECTED


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_error_is_one_line_and_a_code(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command("fail")
    def fail() -> None:
        raise Refused("No %(what)s.", remedy=N_("Bring some."), what="bread", place="kitchen")

    monkeypatch.setattr(type(cli), "get_command", lambda *_: fail)
    result = CliRunner().invoke(cli, ["--lang", language, "fail"])
    assert (result.exit_code, result.stderr) == (1, "Error: kitchen: No bread. Bring some.\n")
