"""The main navigation: the places of each reader, those that are used daily first, the others behind `More`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask import current_app, request, url_for
from flask_babel import lazy_gettext

from loopdesk.desk import emergency
from loopdesk.engine.actor import Actor
from loopdesk.web.context import actor, read_tx

STAFF_ROLES = frozenset({"owner", "agent", "supervisor", "integrator", "admin"})
ON_A_SCREEN, ON_A_PHONE = 7, 5
"""How many entries stand beside each other in the bar, `More` among them."""


class Place(NamedTuple):
    """One entry of the main navigation."""

    endpoint: str
    icon: str
    text: Any
    roles: frozenset[str]
    alarm: Callable[[], int] = lambda: 0
    """How many things there need somebody now: shown as a red dot."""


def _emergencies() -> int:
    """How many emergencies run that the reader may see."""
    with read_tx() as tx:
        return len(emergency.visible(actor(), tx, ended=False, limit=9))


PLACES = (
    Place("pages_inbox.inbox", "inbox", lazy_gettext("Inbox"), STAFF_ROLES),
    Place("pages_cases.cases", "ticket", lazy_gettext("Cases"), STAFF_ROLES),
    Place("pages_handoffs.offers", "swap", lazy_gettext("Handoffs"), STAFF_ROLES),
    Place("pages_emergencies.listing", "bolt", lazy_gettext("Emergencies"), STAFF_ROLES, _emergencies),
    Place(
        "pages_customers.customers_list",
        "building",
        lazy_gettext("Customers"),
        frozenset({"agent", "supervisor", "integrator"}),
    ),
    Place("pages_definitions.definitions", "flow", lazy_gettext("Processes"), STAFF_ROLES),
    Place(
        "pages_instances.listing",
        "play",
        lazy_gettext("Running"),
        frozenset({"owner", "supervisor"}),
    ),
    Place(
        "pages_incidents.incidents",
        "triangle",
        lazy_gettext("Incidents"),
        frozenset({"owner", "supervisor", "integrator"}),
    ),
    Place("pages_sla.levels", "clock", lazy_gettext("Service levels"), frozenset({"owner", "supervisor"})),
    Place("pages_closure.verification", "flag", lazy_gettext("Closure"), STAFF_ROLES),
    Place("pages_feedback.listing", "star", lazy_gettext("Feedback"), STAFF_ROLES),
    Place("pages_duty.turns", "table", lazy_gettext("Duty"), frozenset({"agent", "supervisor"})),
    Place("pages_figures.overview", "chart", lazy_gettext("Figures"), STAFF_ROLES),
    Place("pages_people.people_list", "people", lazy_gettext("People"), frozenset({"admin"})),
    Place("pages_privacy.overview", "shield", lazy_gettext("Privacy"), frozenset({"admin"})),
)
"""The most used first: whom more places belong to than the bar holds finds the last ones behind `More`."""
CUSTOMER_PLACES = (
    Place("portal.home", "ticket", lazy_gettext("My cases"), frozenset()),
    Place("portal.report", "plus", lazy_gettext("Report a problem"), frozenset()),
    Place("portal_service.service", "star", lazy_gettext("Our service"), frozenset()),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A place as a page shows it: whether it is the present one, and whether the bar of a screen or phone holds it."""

    place: Place
    url: str
    here: bool
    on_screen: bool
    on_phone: bool


def entries(who: Actor) -> list[Entry]:
    """The places of ``who`` that are served here, in the order of the bar."""
    return list(_entries(who, list(_served(who))))


def _served(who: Actor) -> Iterator[Place]:
    for place in CUSTOMER_PLACES if who.kind == "customer" else PLACES:
        if (not place.roles or who.has_role(*place.roles)) and place.endpoint in current_app.view_functions:
            yield place


def _entries(who: Actor, places: list[Place]) -> Iterator[Entry]:
    screen, phone = _beside(len(places), ON_A_SCREEN), _beside(len(places), ON_A_PHONE)
    for position, place in enumerate(places):
        url = url_for(place.endpoint)
        here = request.endpoint == place.endpoint if who.kind == "customer" else _within(place.endpoint, url)
        yield Entry(place, url, here, position < screen, position < phone)


def _within(endpoint: str, url: str) -> bool:
    """Whether this page is of the place: of its blueprint, or below its address as its other tabs are."""
    return of(endpoint) or request.path.startswith(f"{url.rstrip('/')}/")


def _beside(count: int, room: int) -> int:
    """How many of ``count`` places stand in a bar of ``room``: all, or one less than fit, for `More`."""
    return count if count <= room else room - 1


def of(endpoint: str) -> bool:
    """Whether this request is of the endpoint's blueprint."""
    return request.endpoint is not None and request.endpoint.split(".")[0] == endpoint.split(".")[0]
