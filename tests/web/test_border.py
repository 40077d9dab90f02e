"""What no database can hold stops at the border: API, pages, command line, backups of earlier houses."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from loopdesk.tests.web.test_cli_processes import loopdesk
from loopdesk.web import backup
from loopdesk.web.cli import cli

HUGE = 99999999999999999999


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_the_api_refuses_texts_that_cannot_be_stored_and_names_the_field(api: Callable[..., Any], text: str) -> None:
    body = json.dumps({"title": "No sound", "description": text, "email": "anna@aurora.example"})
    answer = api("li.na").post("/cases", data=body, content_type="application/json")
    assert answer.status_code == 422
    assert "description" in answer.json["errors"]


@pytest.mark.parametrize("path", ["/cases/a%00b", "/tasks/a%00b"])
def test_an_address_with_nul_is_not_found(api: Callable[..., Any], path: str) -> None:
    assert api("li.na").get(path).status_code == 404


def test_the_portal_refuses_them_too(light_app: Flask) -> None:
    assert light_app.test_client().get("/?q=%00").status_code == 422


def test_numbers_too_large_are_refused_and_not_our_fault(api: Callable[..., Any]) -> None:
    owner = api("petra.owner")
    assert owner.post("/definitions/intake/promote", json={"number": HUGE}).status_code == 422
    assert owner.get(f"/definitions/intake/compare?old=1&new={HUGE}").status_code in (404, 422)
    assert owner.post(f"/instances/timers/{HUGE}/fire", json={"reason": "x"}).status_code == 404


def test_a_number_too_large_on_the_command_line_is_one_line(tmp_path: Path) -> None:
    loopdesk(tmp_path, "migrate")
    done = loopdesk(tmp_path, "timers", "fire", str(HUGE), "--reason", "x")
    assert (done.exit_code, done.output.count("\n")) == (1, 1), done.output


def test_json_on_the_command_line_with_nul_is_refused(tmp_path: Path) -> None:
    done = loopdesk(tmp_path, "instances", "modify", "x", r'{"do": "a\u0000b"}', "--reason", "x")
    assert "do: This text holds characters that cannot be stored." in done.output


def test_a_backup_where_nothing_can_be_written_is_one_line(tmp_path: Path) -> None:
    loopdesk(tmp_path, "migrate")
    done = loopdesk(tmp_path, "backup", "/nonexist/b.zip")
    assert (done.exit_code, done.output.count("\n")) == (1, 1), done.output
    assert "/nonexist/b.zip cannot be written" in done.output


def test_a_database_url_that_is_none_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPDESK_DATA", str(tmp_path))
    for url in ("foo", "foo://bar"):
        monkeypatch.setenv("DATABASE_URL", url)
        done = CliRunner().invoke(cli, ["versions", "intake"])
        assert (done.exit_code, done.output.count("\n")) == (1, 1), done.output
        assert "DATABASE_URL" in done.output


def test_restore_of_what_is_no_backup_is_one_line(tmp_path: Path) -> None:
    plain, odd = tmp_path / "plain.zip", tmp_path / "odd.zip"
    plain.write_text("no zip")
    with zipfile.ZipFile(odd, "w") as archive:
        archive.writestr("manifest.json", "no json")
    for file in (plain, odd):
        done = loopdesk(tmp_path, "restore", str(file))
        assert (done.exit_code, done.output.count("\n")) == (1, 1), done.output


def test_a_backup_with_nul_is_clean_when_its_rows_come_back() -> None:
    assert backup.decode("a\0b", "") == "a\N{REPLACEMENT CHARACTER}b"
    assert backup.decode(None, "") is None
