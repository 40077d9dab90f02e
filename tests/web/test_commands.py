"""People and tokens from the command line, by itself and inside a host."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from loopdesk.desk import credentials, people
from loopdesk.tests.web.conftest import settings_for
from loopdesk.web.cli import cli
from loopdesk.web.cli._desk import _Environment, group_for
from loopdesk.web.settings import VARIABLES, Settings
from loopdesk.web.wiring import Loopdesk


def run(desk: Loopdesk, *arguments: str) -> str:
    """What a command of the host's command line prints; fails unless it ends well."""
    done = CliRunner().invoke(group_for(desk), arguments)
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


def test_a_token_opens_the_api_with_its_scopes_only(light_desk: Loopdesk, light_app: Flask) -> None:
    secret = run(light_desk, "token", "li.na", "--scope", "cases:read", "--days", "3")
    headers = {"Authorization": f"Bearer {secret}"}
    assert light_app.test_client().get("/api/v1/cases", headers=headers).status_code == 200
    assert light_app.test_client().get("/api/v1/tasks", headers=headers).status_code == 403


def test_a_person_is_added_and_signs_in_with_the_password_shown(light_desk: Loopdesk) -> None:
    what = ("--role", "agent", "--department", "support", "--language", "zh")
    actor = credentials.sign_in(light_desk.engine, "ada", run(light_desk, "user", "add", "ada", "Ada L", *what))
    assert (sorted(actor.roles), sorted(actor.departments), actor.language) == (["agent"], ["support"], "zh")
    assert "ada  Ada L  agent  support" in run(light_desk, "user", "list")


def test_a_forgotten_password_is_replaced_and_a_leaver_is_out(light_desk: Loopdesk) -> None:
    given = run(light_desk, "user", "password", "admin")
    assert credentials.sign_in(light_desk.engine, "admin", given).has_role("admin")
    run(light_desk, "user", "deactivate", "li.na")
    with light_desk.engine.read() as tx:
        found = people.by_login(tx, "li.na")
    assert found is not None
    assert not found.active


def test_an_unknown_login_is_one_clear_line(light_desk: Loopdesk) -> None:
    done = CliRunner().invoke(group_for(light_desk), ["token", "nobody"])
    assert done.exit_code == 1
    assert done.output.strip() == "Error: Nobody signs in as nobody. See `loopdesk user list`."


def test_without_a_host_the_environment_says_which_desk(light_desk: Loopdesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPDESK_DATA", str(light_desk.settings.data))
    monkeypatch.setenv("DATABASE_URL", light_desk.settings.database_url)
    done = CliRunner().invoke(cli, ["user", "list"])
    assert "李娜" in done.output


def test_processes_that_a_hosts_command_starts_find_its_settings(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, f"sqlite:///{tmp_path}/x.sqlite")
    before = dict(os.environ)
    with _Environment(settings):
        assert Settings.from_env() == settings
        assert set(VARIABLES.values()) <= set(os.environ)
    assert dict(os.environ) == before
