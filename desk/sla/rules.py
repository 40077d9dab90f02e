"""What the policies' file says of all policies: what moves each clock, its warnings, what a customer is told."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from loopdesk.desk.policy import duration
from loopdesk.desk.sla.policy import CLOCKS, Conditions, mode_of
from loopdesk.engine.errors import N_, Invalid

COLOURS = ("blue", "yellow", "red")
TOLD = ("resolution", "plan", "answer", "workaround", "first_response")
"""Which clock says when a customer may expect the end, where the file says nothing."""
WARNINGS: Mapping[str, float] = {}
_LISTS = ("starts", "stops", "cancels", "resumes", "pauses", "continues")
_KIND = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Kind:
    """One clock that policies may set targets for."""

    conditions: Conditions
    name: Mapping[str, str] = field(default_factory=dict)
    on_priority_change: str = "rebase"
    by_hand: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """what a person may report on the case page -> how the button is called"""


@dataclass(frozen=True)
class Rules:
    """The parts of the file that stand beside its policies."""

    clocks: Mapping[str, Kind]
    warnings: Mapping[str, float]
    """colour -> percent of the target"""
    lower_bound: str
    """the colour in which a range warns at its lower bound"""
    told: Sequence[str]
    """clocks; the first that a level has gives the time that the customer is told"""
    published: timedelta | None
    """how far back the figures reach that customers see"""
    replies: frozenset[str]
    """message templates that carry a person's own words to the customer"""

    @property
    def kinds(self) -> frozenset[str]:
        """Everything that moves a clock."""
        found: set[str] = set()
        for clock in self.clocks.values():
            known = clock.conditions
            found |= known.starts | known.stops | known.cancels | known.resumes | known.pauses | known.continues
        return frozenset(found)


def read(data: Mapping[str, Any], file: str) -> Rules:
    """The rules of a file; `Invalid` with place and remedy for what cannot be one."""
    given = mapping(data.get("clocks") or {}, f"{file}: clocks")
    clocks = {name: Kind(conditions) for name, conditions in CLOCKS.items()}
    clocks |= {str(name): _kind(str(name), said, f"{file}: clocks.{name}") for name, said in given.items()}
    colour = str(data.get("lower_bound", "yellow"))
    _known_colour(colour, f"{file}: lower_bound")
    told = [str(name) for name in data.get("told") or TOLD]
    return Rules(
        clocks,
        warnings(data.get("warnings") or WARNINGS, f"{file}: warnings"),
        colour,
        told,
        duration(data["published"], place=f"{file}: published") if "published" in data else None,
        frozenset(map(str, data.get("replies") or ())),
    )


def warnings(said: object, place: str) -> Mapping[str, float]:
    """Colour -> percent of the target, in rising order; `Invalid` for an unknown colour or what is no percentage."""
    found: dict[str, float] = {}
    for colour, percent in mapping(said, place).items():
        _known_colour(str(colour), place)
        number = percent if isinstance(percent, int | float) and not isinstance(percent, bool) else 0
        if not 0 < number <= 100:
            raise Invalid(
                N_("“%(value)s” is not a share of the target in percent."),
                remedy=N_("Write a number from 1 to 100."),
                place=f"{place}.{colour}",
                value=str(percent),
            )
        found[str(colour)] = float(number)
    found = {colour: found[colour] for colour in COLOURS if colour in found}
    if list(found.values()) != sorted(found.values()):
        raise Invalid(
            N_("The warnings do not come one after the other."),
            remedy=N_("Give blue the lowest percentage and red the highest."),
            place=place,
        )
    return found


def marks(
    shares: Mapping[str, float], lower_bound: str, length: timedelta, warn: timedelta | None
) -> Mapping[str, timedelta]:
    """Colour -> counted time of each warning; a range warns at its lower bound and at the end, at nothing between."""
    kept = {colour: share for colour, share in shares.items() if warn is None or share >= 100}
    found = {colour: length * share / 100 for colour, share in kept.items()}
    return found if warn is None else {lower_bound: warn} | found


def mapping(value: object, place: str) -> Mapping[Any, Any]:
    """The value, where it is names with values; `Invalid` otherwise."""
    if not isinstance(value, Mapping):
        raise Invalid(N_("Here have to stand names with values."), remedy=N_("Correct the file."), place=place)
    return value


def _kind(name: str, given: object, place: str) -> Kind:
    said = mapping(given, place)
    base = CLOCKS.get(name, Conditions(frozenset(), frozenset()))
    lists = {part: _kinds(said[part], f"{place}.{part}") for part in _LISTS if part in said}
    conditions = Conditions(
        starts=lists.get("starts", base.starts),
        stops=lists.get("stops", base.stops),
        cancels=lists.get("cancels", base.cancels),
        resumes=lists.get("resumes", base.resumes),
        again=bool(said.get("again", base.again)),
        pauses=lists.get("pauses", base.pauses),
        continues=lists.get("continues", base.continues),
    )
    if not conditions.starts or not conditions.stops:
        raise Invalid(
            N_("Clock “%(clock)s” needs something that starts it and something that stops it."),
            remedy=N_("Write starts and stops, such as starts: [created], stops: [resolved]."),
            place=place,
            clock=name,
        )
    mode = mode_of(said, place)
    by_hand = {str(kind): mapping(names, f"{place}.by_hand.{kind}") for kind, names in _said(said, "by_hand", place)}
    return Kind(conditions, dict(_said(said, "name", place)), mode, by_hand)


def _said(said: Mapping[str, Any], part: str, place: str) -> list[tuple[str, Any]]:
    return [(str(key), value) for key, value in mapping(said.get(part) or {}, f"{place}.{part}").items()]


def _kinds(given: object, place: str) -> frozenset[str]:
    if isinstance(given, Sequence) and not isinstance(given, str):
        kinds = [str(kind) for kind in given]
        if all(_KIND.fullmatch(kind) for kind in kinds):
            return frozenset(kinds)
    raise Invalid(
        N_("What moves a clock is a list of names."), remedy=N_("Write it like [agent_reply, resolved]."), place=place
    )


def _known_colour(colour: str, place: str) -> None:
    if colour not in COLOURS:
        raise Invalid(
            N_("“%(colour)s” is no colour of a warning."),
            remedy=N_("Choose one of: %(known)s"),
            place=place,
            colour=colour,
            known=", ".join(COLOURS),
        )
