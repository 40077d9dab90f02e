"""What every template knows: assets, icons, times in the person's zone, words and shapes of a state, the navigation."""

import json
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_date, format_timedelta
from flask import Blueprint, current_app, g, request, url_for
from flask_babel import get_locale, get_timezone, gettext, ngettext

from loopdesk.web import mood_words, places, related_words, vocabulary
from loopdesk.web.context import actor, loopdesk
from loopdesk.web.icons import ICONS

blueprint = Blueprint("looks", __name__)

LANGUAGES = (("en", "English"), ("zh", "中文"))
THEMES = ("light", "dark", "auto")
SOON = timedelta(minutes=30)
"""A due time nearer than this is shown as a warning."""


@lru_cache(maxsize=4)
def _manifest(path: Path, _changed: float) -> dict[str, dict[str, str]]:
    return json.loads(path.read_text("utf-8"))  # type: ignore[no-any-return]


def asset(name: str) -> str:
    """The address of a built file of ``web/ui``: an entry of the bundler's manifest, else a file copied as it is."""
    path = Path(current_app.static_folder or "") / "build" / "manifest.json"
    entry = _manifest(path, path.stat().st_mtime).get(f"src/{name}", {}) if path.exists() else {}
    return url_for("static", filename=f"build/{entry.get('file', name)}")


@blueprint.app_template_filter("relative")
def relative(moment: datetime) -> str:
    """How far away a moment is, in words: `in 42 min`, `5分钟前`."""
    apart = moment - loopdesk().engine.clock.now()
    return str(format_timedelta(apart, add_direction=True, format="short", locale=get_locale()))


@blueprint.app_template_filter("span")
def span(length: timedelta) -> str:
    """A length of time in whole hours, else in minutes: `24 hours`, `90分钟`."""
    minutes = round(length.total_seconds() / 60)
    if minutes % 60:
        return str(ngettext("%(num)s minute", "%(num)s minutes", minutes))
    return str(ngettext("%(num)s hour", "%(num)s hours", minutes // 60))


@blueprint.app_template_filter("exact")
def exact(moment: datetime) -> str:
    """A moment in the reader's zone, with the zone said."""
    return f"{vocabulary.in_words(moment, 'yMMMd', 'Hms')} ({get_timezone()})"


@blueprint.app_template_filter("short_moment")
def short_moment(moment: datetime) -> str:
    """Day and minute in the reader's zone."""
    return vocabulary.moment(moment)


@blueprint.app_template_filter("day")
def day(value: date) -> str:
    """A day as the reader's language writes it."""
    return str(format_date(value, "medium", locale=get_locale()))


@blueprint.app_template_filter("size")
def size(count: int) -> str:
    """Bytes as a person says them."""
    if count < 1024:
        return f"{count} B"
    return f"{count / 1024:.0f} kB" if count < 1024**2 else f"{count / 1024**2:.1f} MB"


@blueprint.app_template_filter("initials")
def initials(name: str) -> str:
    """What stands in an avatar: first letters of the first and last word; of a Chinese name its last character."""
    words = [word for word in name.split() if word]
    if not words:
        return "?"
    if any("\u4e00" <= letter <= "\u9fff" for letter in name):
        return words[-1][-1]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def due_look(due: datetime, done: datetime | None = None) -> vocabulary.Look:
    """Colour, shape and word of a due time: still far, near, passed; met or missed when ``done``."""
    if done:
        met = done <= due
        return vocabulary.Look(
            gettext("Met") if met else gettext("Missed"), "green" if met else "red", "check" if met else "octagon"
        )
    left = due - loopdesk().engine.clock.now()
    if left < timedelta():
        return vocabulary.Look(gettext("Overdue: due"), "red", "octagon")
    return vocabulary.Look(gettext("Due"), "yellow" if left < SOON else "", "triangle" if left < SOON else "clock")


def language_url(code: str) -> str:
    """This very page in another language."""
    arguments = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    base = request.path if request.method == "GET" else "/"
    return f"{request.script_root}{base}?{urlencode([*arguments, ('lang', code)])}"


def own_path(wanted: str) -> str:
    """``wanted`` where it is a path of ours, else the reader's home: nobody is led away after signing in."""
    plain = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and "\n" not in wanted
    return f"{request.script_root}{wanted}" if plain else url_for("pages_account.home")


def home_url() -> str:
    """Where the brand leads: a customer's own cases, the inbox, or the portal for whoever has not signed in."""
    if not g.get("signed_in"):
        return url_for("portal.home")
    return url_for("portal.home" if actor().kind == "customer" else "pages_inbox.inbox")


@blueprint.app_template_global("there")
def there(endpoint: str) -> bool:
    """Whether the page is served here: a row of tabs leaves out what is not."""
    return endpoint in current_app.view_functions


@blueprint.app_template_global("here")
def here(endpoint: str) -> bool:
    """Whether this request is of the page's blueprint, so that its tab is the present one."""
    return places.of(endpoint)


@blueprint.app_context_processor
def _context() -> dict[str, Any]:
    theme = request.cookies.get("loopdesk_theme", "auto")
    locale = get_locale()
    return {
        "actor": g.get("actor"),
        "actor_line": vocabulary.actor_line(actor()) if g.get("signed_in") else "",
        "asset": asset,
        "departments_text": vocabulary.department,
        "group_text": vocabulary.group,
        "localised": vocabulary.localised,
        "due_look": due_look,
        "home": home_url(),
        "icons": ICONS,
        "language": locale.language if locale else "en",
        "language_url": language_url,
        "languages": LANGUAGES,
        "places": places.entries(actor()) if g.get("signed_in") else [],
        "priority_look": vocabulary.priority_look,
        "case_word": vocabulary.case_word,
        "mood_labels": mood_words.LABELS,
        "mood_looks": mood_words.MOODS,
        "channel_text": vocabulary.channel,
        "out_of_scope_text": vocabulary.out_of_scope,
        "tiers": vocabulary.TIERS,
        **related_words.WORDS,
        "roles_text": vocabulary.ROLES,
        "root": request.script_root or "/",
        "script_words": vocabulary.script_words(),
        "signed_in": g.get("signed_in", False),
        "status_look": vocabulary.status_look,
        "zone": str(get_timezone()),
        "theme": theme if theme in THEMES else "auto",
        "demo": loopdesk().settings.demo,
    }
