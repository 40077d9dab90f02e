"""Settings come from the environment; what makes no sense is refused by name (issue "Set-up")."""

from pathlib import Path

import pytest

from loopdesk.engine.errors import Invalid, Refused
from loopdesk.web.settings import Settings


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    settings = Settings.from_env({"LOOPDESK_DATA": str(tmp_path / "new" / "data")})
    assert settings.database_url == f"sqlite:///{tmp_path}/new/data/loopdesk.sqlite"
    assert settings.url == "http://127.0.0.1:8000"
    assert (settings.demo, settings.redis_url, settings.smtp_url, settings.language) == (False, "", "", "en")


def test_the_secret_is_made_once_kept_and_readable_by_us_alone(tmp_path: Path) -> None:
    first = Settings.from_env({"LOOPDESK_DATA": str(tmp_path)})
    assert len(first.secret) > 40
    assert Settings.from_env({"LOOPDESK_DATA": str(tmp_path)}).secret == first.secret
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
    assert Settings.from_env({"LOOPDESK_DATA": str(tmp_path), "LOOPDESK_SECRET": "own"}).secret == "own"


def test_secrets_do_not_show_in_logs(tmp_path: Path) -> None:
    given = {"LOOPDESK_SECRET": "s3", "LOOPDESK_ADMIN_PASSWORD": "p4", "SMTP_URL": "smtp://u:pw5@host"}
    shown = repr(Settings.from_env({"LOOPDESK_DATA": str(tmp_path), **given}))
    assert not [secret for secret in ("s3", "p4", "pw5") if secret in shown]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"PORT": "eighty"}, "PORT is eighty"),
        ({"PORT": "70000"}, "PORT is 70000"),
        ({"LOOPDESK_DEMO": "perhaps"}, "LOOPDESK_DEMO is perhaps"),
    ],
)
def test_what_makes_no_sense_is_named(tmp_path: Path, given: dict[str, str], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        Settings.from_env({"LOOPDESK_DATA": str(tmp_path), **given})


def test_the_demo_is_for_this_machine_only(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="without a password"):
        Settings.from_env({"LOOPDESK_DATA": str(tmp_path), "LOOPDESK_DEMO": "1", "HOST": "0.0.0.0"})


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="cannot be written: Not a directory"):
        Settings.from_env({"LOOPDESK_DATA": str(tmp_path / "file" / "data")})


@pytest.mark.parametrize(("given", "language"), [("zh_CN:en", "zh"), ("zh", "zh"), ("de:en", "en"), ("", "en")])
def test_the_language_of_a_desktop_is_understood(tmp_path: Path, given: str, language: str) -> None:
    assert Settings.from_env({"LOOPDESK_DATA": str(tmp_path), "LANGUAGE": given}).language == language
