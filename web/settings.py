"""Everything that is configured from outside, read from the environment once at start-up."""

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from loopdesk.engine.db import default_url
from loopdesk.engine.errors import N_, Invalid, Refused

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}
_LOCALES = re.compile(r"(?:(?:[A-Za-z]{2,3}(?:[_-][A-Za-z]+)*|C|POSIX)(?:\.[\w-]+)?(?:@\w+)?(?::|$))+")


VARIABLES = {
    "data": "LOOPDESK_DATA",
    "database_url": "DATABASE_URL",
    "redis_url": "REDIS_URL",
    "host": "HOST",
    "port": "PORT",
    "workers": "LOOPDESK_WORKERS",
    "proxies": "LOOPDESK_PROXIES",
    "demo": "LOOPDESK_DEMO",
    "admin_password": "LOOPDESK_ADMIN_PASSWORD",
    "secret": "LOOPDESK_SECRET",
    "url": "LOOPDESK_URL",
    "smtp_url": "SMTP_URL",
    "mail_from": "MAIL_FROM",
    "webhook_hosts": "LOOPDESK_WEBHOOK_HOSTS",
    "python_scripts": "LOOPDESK_PYTHON_SCRIPTS",
    "intake_smtp_port": "INTAKE_SMTP_PORT",
    "language": "LANGUAGE",
    "zone": "ZONE",
}
"""Field of ``Settings`` -> the environment variable that it is read from."""


@dataclass(frozen=True)
class Settings:
    """One running Loopdesk's settings; `VARIABLES` says where each is read from."""

    data: Path = Path(".data")
    """Folder of the SQLite file, the attachments and the secret."""
    database_url: str = ""
    """Left empty: SQLite in the data folder."""
    redis_url: str = ""
    """Empty: `loopdesk up` starts a Redis of its own and hands its URL to its children."""
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    """Worker processes that `loopdesk up` starts."""
    proxies: int = 0
    """Reverse proxies in front of us whose `X-Forwarded-*` is believed; 0: nobody's, callers could invent it."""
    demo: bool = False
    """Demo people who sign in from a list, and `/dev/*` pages; refused on other hosts than loopback."""
    admin_password: str = field(default="", repr=False)
    """The first administrator's password; empty: generated and shown once."""
    secret: str = field(default="", repr=False)
    """Signs sessions and links; `from_env` generates one into the data folder where none is set."""
    url: str = ""
    """Public base URL for links in messages, without a slash at the end; left empty: http://HOST:PORT."""
    smtp_url: str = field(default="", repr=False)
    """smtp[s]://user:password@host:port for mails to customers and staff, ``console:`` prints them instead; empty: no
    mail leaves (the demo shows it).
    """
    mail_from: str = "support@loopdesk.example"
    webhook_hosts: str = ""
    """Hosts that webhooks may call, separated by commas; anything else is refused."""
    python_scripts: bool = False
    """Whether diagrams may hold script tasks in Python, which run in a sandbox."""
    intake_smtp_port: int = 2525
    """Port of the mail intake; 0 = off."""
    language: str = "en"
    """Default language for people who have not chosen one: `en` or `zh`."""
    zone: str = "UTC"
    """Default time zone (IANA name)."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the settings and create the data folder.

        Raises ``Invalid``, naming the variable, for a value that makes no sense; ``Refused`` for a folder that cannot
        be written or a demo on an address that others reach.
        """
        defaults = cls()
        values = {
            name: _parse(variable, environ[variable], getattr(defaults, name))
            for name, variable in VARIABLES.items()
            if environ.get(variable)
        }
        if "language" in values:
            # Desktops set LANGUAGE too, to lists such as `zh_CN:en`, also of languages that are not ours.
            if not _LOCALES.fullmatch(values["language"]):
                raise Invalid("%(name)s is %(text)s, but must be en or zh.", name="LANGUAGE", text=values["language"])
            values["language"] = "zh" if values["language"].lower().startswith("zh") else "en"
        if "zone" in values:
            _require_zone(values["zone"])
        settings = cls(**values)
        settings.prepare()
        return settings if settings.secret else replace(settings, secret=settings._kept_secret())

    def __post_init__(self) -> None:
        if self.demo and self.host not in ("127.0.0.1", "localhost", "::1"):
            raise Refused(
                "The demo signs people in without a password and runs on this machine only, not on %(host)s.",
                remedy=N_("Set HOST=127.0.0.1, or LOOPDESK_DEMO=0."),
                host=self.host,
            )
        object.__setattr__(self, "database_url", self.database_url or default_url(self.data))
        object.__setattr__(self, "url", (self.url or f"http://{self.host}:{self.port}").rstrip("/"))

    @property
    def attachments(self) -> Path:
        """Folder of the attachments' contents."""
        return self.data / "attachments"

    def redis_of_parts(self) -> str:
        """The Redis that worker and poller share. Raises ``Invalid`` when none is named."""
        if not self.redis_url:
            raise Invalid(
                "REDIS_URL is not set.", remedy=N_("Set it, or use `loopdesk up`, which starts a Redis of its own.")
            )
        return self.redis_url

    def prepare(self) -> None:
        """Create the data folder. Raises ``Refused`` when it cannot be written."""
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            probe = self.data / f".write-{secrets.token_hex(4)}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise Refused(
                "The data folder %(folder)s cannot be written: %(reason)s.",
                remedy=N_("Give this user the right to write there, or name another folder in LOOPDESK_DATA."),
                folder=str(self.data.absolute()),
                reason=error.strerror or str(error),
            ) from error

    def _kept_secret(self) -> str:
        path = self.data / "secret"
        if not path.exists():
            # Several processes start at once: the one that links first decides what stands in the file, for all.
            draft = self.data / f".secret-{secrets.token_hex(8)}"
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(48))
            with suppress(FileExistsError):
                path.hardlink_to(draft)
            draft.unlink()
        return path.read_text()


def _require_zone(text: str) -> None:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError) as error:
        message = N_("%(name)s is %(text)s, but must be the name of a time zone such as Asia/Shanghai.")
        raise Invalid(message, name="ZONE", text=text) from error


def _parse(name: str, text: str, default: Any) -> Any:
    if isinstance(default, bool):
        if text.lower() not in _TRUE | _FALSE:
            raise Invalid("%(name)s is %(text)s, but must be 0 or 1.", name=name, text=text)
        return text.lower() in _TRUE
    if isinstance(default, int):
        if not text.isdigit() or int(text) > 65535:
            raise Invalid("%(name)s is %(text)s, but must be a number from 0 to 65535.", name=name, text=text)
        return int(text)
    return Path(text) if isinstance(default, Path) else text
