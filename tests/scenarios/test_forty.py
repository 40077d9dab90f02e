"""Forty cases worked out by hand, played through the desk: every figure is the one on paper (ANA-1, ANA-2, FBK-4)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from loopdesk.desk import case, communications, customers, facts, feedback, figures, operations, raci, rights
from loopdesk.desk.duplicates import links as case_links
from loopdesk.desk.feedback import survey
from loopdesk.desk.feedback.tables import survey_
from loopdesk.desk.figures.rows import case_figure, figure_day, held_time
from loopdesk.desk.figures.shapes import DIMENSIONS, Figure, Period
from loopdesk.desk.store import FolderStore
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.host import Host
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.desk.clock_house import look
from loopdesk.tests.desk.house import BASE, INTAKE, WORKFLOWS, House, settle_in

PAGE = Path(__file__).parents[1] / "figures" / "forty.md"
SHANGHAI = ZoneInfo("Asia/Shanghai")
WHOLE = Period(date(2026, 3, 1), date(2026, 4, 30))
APRIL = Period(date(2026, 4, 1), date(2026, 4, 30))
AS_OF = datetime(2026, 4, 30, 12, tzinfo=SHANGHAI)
NONE, YES = "–", "yes"
STEP = re.compile(r"(?:(\d\d-\d\d) )?(\d\d:\d\d)(\+\d)?(?: (.+))?")
MAILS = {"C-1001": "anna@aurora.example", "C-1002": "hejing@chenxing.example"}
PEOPLE = {"support": "lina", "rnd": "zhangwei", "security": "sara"}


def tables() -> dict[int, list[list[str]]]:
    """The rows of the page's tables by their number of columns, heads and rules left out."""
    found: dict[int, list[list[str]]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        head = cells[:1] in (["#"], ["figure"], ["by"]) or cells[:2] == ["team", "cases"]
        if cells and not head and not cells[0].startswith("---"):
            found.setdefault(len(cells), []).append(cells)
    return found


@dataclass(frozen=True, order=True)
class Step:
    """What happens to a case of the page at a moment."""

    at: datetime
    number: int
    what: str


def steps(row: list[str]) -> Iterator[Step]:
    """The steps of one row; the first opens the case."""
    day = ""
    for place, text in enumerate(row[5].split("; ")):
        match = STEP.fullmatch(text)
        assert match, text
        day = match[1] or day
        zone = timezone(timedelta(hours=int(match[3]))) if match[3] else SHANGHAI
        at = datetime.strptime(f"2026-{day} {match[2]}", "%Y-%m-%d %H:%M").replace(tzinfo=zone)
        yield Step(at.astimezone(UTC), int(row[0]), f"{'' if place else 'opens '}{match[4] or ''}")


@pytest.fixture
def house(engine: Engine, clock: VirtualClock, tmp_path: Path) -> House:
    """A house in Shanghai with the shipped policies, on both databases."""
    store = FolderStore(tmp_path / "files")
    engine.host = Host(
        operations=operations.build(BASE, store),
        facts=facts.facts,
        assign=raci.assign,
        may_work=rights.may_work,
        zone="Asia/Shanghai",
    )
    clock.set(datetime(2026, 3, 1, tzinfo=UTC))
    with engine.begin() as tx:
        for name in ("policies", "messages"):
            bundles.deploy(SYSTEM, tx, name, bundles.read_folder(WORKFLOWS / name))
        bundles.deploy(SYSTEM, tx, "intake", {"intake.bpmn": INTAKE})
        people, contacts = settle_in(tx)
    return House(engine, clock, store, engine.host.operations, people, contacts)


class Desk:
    """Does the steps of the page with the verbs of the desk; knows the case behind each number of the page."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.rows = {int(row[0]): row for row in tables()[16]}
        self.cases: dict[int, str] = {}

    def play(self) -> None:
        """All steps in the order of time; the job comes by now and then, as it does while a house works."""
        with self.house.engine.begin() as tx:
            figures.run(tx)
        for place, step in enumerate(sorted(one for row in self.rows.values() for one in steps(row))):
            self.house.clock.set(step.at)
            with self.house.engine.begin() as tx:
                look(tx)
                self._do(tx, step)
            if place % 25 == 0:
                self.keep()
        self.house.clock.set(AS_OF)
        with self.house.engine.begin() as tx:
            look(tx)
        self.keep()

    def keep(self) -> None:
        """One run of the job."""
        with self.house.engine.begin() as tx:
            figures.run(tx)

    def _do(self, tx: Tx, step: Step) -> None:
        word, _, rest = step.what.partition(" ")
        if word == "opens":
            self._open(tx, step.number, clocks=rest != "without clocks")
            return
        number = self.cases[step.number]
        operation = {
            "waits": ("case.wait", {"reason": "?"}),
            "resumes": ("case.resume", {}),
            "solved": ("case.solve", {"solution": "Done."}),
            "closed": ("case.close", {"reason": "confirmed"}),
            "reopened": ("case.reopen", {"reason": "Again."}),
            "escalated": ("case.escalate", {"reason": "Hard.", "by": "hand"}),
        }.get(word)
        if operation:
            self.house.run(tx, SYSTEM, operation[0], number, **operation[1])
        else:
            getattr(self, f"_{word}")(tx, number, rest)

    def _open(self, tx: Tx, place: int, *, clocks: bool) -> None:
        _, channel, customer, level, kind, *_ = self.rows[place]
        report = case.Report(channel, title=f"Case {place}", external_id=f"forty-{place}")
        if customer != NONE:
            report = replace(report, email=MAILS[customer], customer_number=customer)
        number = self.cases[place] = case.open(SYSTEM, tx, report).number
        department = "security" if kind == "security" else "support"
        self.house.run(tx, SYSTEM, "case.set_type", number, type=kind, department=department)
        self.house.run(tx, SYSTEM, "case.set_priority", number, priority=level, reason="r")
        if clocks:
            self.house.run(tx, SYSTEM, "clock.start", number)

    def _answers(self, tx: Tx, number: str, _rest: str) -> None:
        who = self.house.people[PEOPLE[case.read(SYSTEM, tx, number).department]]
        communications.comment(who, tx, number, "We are on it.")

    def _handed(self, tx: Tx, number: str, rest: str) -> None:
        to = rest.removeprefix("to ")
        sender = self.house.people[PEOPLE[case.read(SYSTEM, tx, number).department]]
        given = {"to_department": to, "reason": "theirs", "summary": "s"}
        offered = self.house.run(tx, sender, "handoff.offer", number, **given)
        self.house.run(tx, self.house.people[PEOPLE[to]], "handoff.accept", number, handoff=offered["handoff"])

    def _merged(self, tx: Tx, number: str, rest: str) -> None:
        case_links.merge(self.house.people["lina"], tx, number, self.cases[int(rest.removeprefix("into "))])

    def _asked(self, tx: Tx, number: str, _rest: str) -> None:
        survey.send(SYSTEM, tx, number)

    def _rated(self, tx: Tx, number: str, rest: str) -> None:
        stars, nps = rest.split()
        token = tx.conn.scalars(sa.select(survey_.c.token).where(survey_.c.case == number)).one()
        who = survey.of_token(tx, token)["actor"]
        survey.answer(who, tx, token, stars=int(stars), nps=None if nps == NONE else int(nps))

    def _complains(self, tx: Tx, number: str, _rest: str) -> None:
        said = feedback.Words("That was bad.", "mail", kind="complaint")
        feedback.add(SYSTEM, tx, number, said, follow=False)


@pytest.mark.row(
    "ANA-1/time", "ANA-1/attainment", "ANA-1/per-channel", "ANA-1/composite-score",
    "ANA-2/mean", "ANA-2/median", "ANA-2/waiting-excluded", "ANA-2/on-time-closure", "ANA-2/escalated-share",
    "ANA-2/per-level", "ANA-2/per-class", "ANA-2/per-team", "ANA-2/per-customer",
    "ANA-8/response-rate", "ANA-8/satisfaction", "ANA-8/availability", "ANA-8/availability-major",
    "FBK-4/css", "FBK-4/nps", "FBK-4/reply-rate", "FBK-4/complaint-rate", "FBK-4/target",
)  # fmt: skip
def test_forty_cases_give_the_figures_on_paper(house: House) -> None:
    desk = Desk(house)
    assert len(desk.rows) == 40
    desk.play()
    with house.engine.read() as tx:
        assert cells_of(tx, desk) == cells_on_paper(desk)
        whole(tx)
        parts(tx)
        assert held(tx) == {row[0]: pytest.approx(float(row[3]), abs=0.0001) for row in tables()[4] if row[0] in PEOPLE}
        april = figures.overview(SYSTEM, tx, APRIL).figures
        assert (april["cases_opened"].value, april["cases_closed"].value) == (4, 4)
        hers = figures.overview(house.people["petra"], tx, WHOLE).figures
        assert (hers["cases_closed"].value, hers["satisfied_share"].met) == (34, False)
        behind = figures.cases(SYSTEM, tx, "first_response_attainment", WHOLE, part="missed", per_page=100).lines
        assert {line.number for line in behind} == {desk.cases[place] for place in (2, 4, 6, 9, 19, 20, 22, 25, 35, 36)}
    again(house)


def cells_of(tx: Tx, desk: Desk) -> dict[int, list[str]]:
    """The row of each case as the page writes it: first response to complaint."""
    teams: dict[str, dict[str, int]] = {}
    for row in tx.ask(sa.select(held_time)):
        teams.setdefault(row.number, {})[row.team] = row.seconds // 60
    kept = {row["number"]: row for row in tx.ask(sa.select(case_figure)).mappings()}
    return {
        place: _cells(kept[number], teams.get(number, {})) for place, number in desk.cases.items() if number in kept
    }


def _cells(row: sa.RowMapping, teams: dict[str, int]) -> list[str]:
    order = sorted(teams.items(), key=lambda one: one[0] != "support")
    said = {None: NONE, True: YES, False: "no"}
    stars = "unanswered" if row["asked"] and row["stars"] is None else _or_none(row["stars"])
    return [
        _minutes(row["first_seconds"]),
        said[row["first_kept"]],
        _minutes(row["waiting_seconds"]),
        ", ".join(f"{team} {minutes}" for team, minutes in order) or NONE,
        _minutes(row["repair_seconds"]) if row["closed_at"] else NONE,
        said[row["on_time"]],
        said[row["escalated"]],
        stars,
        _or_none(row["nps"]),
        said[row["complained"]],
    ]


def _minutes(seconds: int | None) -> str:
    return NONE if seconds is None else f"{seconds / 60:g}"


def _or_none(value: int | None) -> str:
    return NONE if value is None else str(value)


def cells_on_paper(desk: Desk) -> dict[int, list[str]]:
    """The same of the page; cases that are left out have no row."""
    return {place: row[6:] for place, row in desk.rows.items() if row[6] != "left out"}


def whole(tx: Tx) -> None:
    """Every figure of the whole period."""
    found = figures.overview(SYSTEM, tx, WHOLE)
    assert (found.fresh.late, found.fresh.as_of) == (False, AS_OF)
    on_paper = {row[0]: (float(row[2]), int(row[3])) for row in tables()[4] if row[0] in found.figures}
    assert set(on_paper) == set(found.figures)
    for name, (value, n) in on_paper.items():
        one = found.figures[name]
        assert one.value == pytest.approx(value, abs=0.0001), name
        assert one.n == n, name


def parts(tx: Tx) -> None:
    """The closed cases by channel, level, class, team and customer."""
    ids = {NONE: ""} | {one: known.id for one in MAILS if (known := customers.by_number(tx, one))}
    for by in DIMENSIONS:
        found = {one.value: one.figures for one in figures.breakdown(SYSTEM, tx, WHOLE, by)}
        for _, value, closed, mean, middle, kept, promised, escalated in (row for row in tables()[8] if row[0] == by):
            shown = found.pop(ids[value] if by == "customer" else value)
            assert shown["repair_time"].value == pytest.approx(float(mean), abs=0.0001), (by, value)
            assert shown["repair_median"].value == float(middle), (by, value)
            counts = (shown["cases_closed"].n, _of(shown["on_time_closure"]), _of(shown["escalated_share"]))
            assert counts == (int(closed), (int(kept), int(promised)), (int(escalated), int(closed))), (by, value)
        assert not found, by


def _of(one: Figure) -> tuple[float | None, float | None]:
    return one.numerator, one.denominator


def held(tx: Tx) -> dict[str, float | None]:
    """How long each team held its cases on average, in minutes."""
    return {one.value: one.figures["held_time"].value for one in figures.breakdown(SYSTEM, tx, WHOLE, "team")}


def again(house: House) -> None:
    """A rebuild, and the same events once more, make the same rows."""
    kept = (case_figure, held_time, figure_day)
    with house.engine.begin() as tx:
        before = [sorted(map(str, tx.conn.execute(sa.select(table)).all())) for table in kept]
        figures.forget(tx)
        while figures.step(tx):
            pass
        assert [sorted(map(str, tx.conn.execute(sa.select(table)).all())) for table in kept] == before
