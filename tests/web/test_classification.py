"""INT-4 end to end: a report over each channel is classified, a person decides what is unsure, and the house learns."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask

from loopdesk.desk import case, people
from loopdesk.desk.classification import guess as classification
from loopdesk.desk.record import Case
from loopdesk.engine import bundles, outbox, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Invalid
from loopdesk.tests.web.browsers import csrf_of
from loopdesk.tests.web.conftest import settle
from loopdesk.tests.web.mails import postman, write
from loopdesk.web.cli import cli
from loopdesk.web.cli._desk import group_for
from loopdesk.web.wiring import Loopdesk

CHARGED = "We were charged twice for the March subscription, please return one payment."
TUNNEL = "The VPN tunnel drops every few minutes and there is packet loss on the leased line."
CHINESE = "扫描枪充不了电，屏幕碎了，需要更换。"
UNSURE = "Hello, I have a question about the thing from last week."


def stored(desk: Loopdesk, number: str) -> tuple[Case, Mapping[str, Any]]:
    """The case and its classification as they stand in the database."""
    with desk.engine.read() as tx:
        kept = classification.of_case(tx, number)
        assert kept is not None
        return case.read(SYSTEM, tx, number), kept


def triage(desk: Loopdesk, number: str, login: str = "li.na") -> tuple[Any, Mapping[str, Any], dict[str, Any]]:
    """The person, the task and what stands in its form."""
    with desk.engine.read() as tx:
        person = people.by_login(tx, login)
        assert person is not None
        actor = people.actor_of(person)
        [task] = [row for row in work.listing(actor, tx, key=number) if row["element"] == "triage"]
        return actor, task, work.form(tx, task, "en")[1]


def answered(kind: str, department: str) -> dict[str, Any]:
    """The triage form filled in."""
    return {"type": kind, "department": department, "urgency": "normal", "scope": "one", "complexity": "low"}


def reported(desk: Loopdesk, text: str, title: str = "") -> str:
    """A customer's report, its intake run up to the triage."""
    with desk.engine.begin() as tx:
        made = case.open(
            SYSTEM, tx, case.Report(channel="portal", title=title, description=text, email="anna@aurora.example")
        )
    settle(desk)
    return made.number


@pytest.mark.row("INT-4/guess", "INT-4/confidence")
def test_a_report_over_the_api_is_classified_and_routed(api: Callable[..., Any], desk: Loopdesk) -> None:
    made = api("li.na").post("/cases", json={"description": TUNNEL, "email": "anna@aurora.example"})
    assert made.status_code == 201
    settle(desk)
    found, kept = stored(desk, made.json["number"])
    assert (found.type, found.department) == ("network", "operations")
    assert (kept["guess"], kept["language"], kept["confidence"] >= 0.5) == ("network", "en", True)


@pytest.mark.row("INT-4/guess", "INT-6/billing")
def test_a_mail_is_classified_and_routed(desk: Loopdesk) -> None:
    with postman(desk) as post:
        number = post.bring(write(CHARGED, "Charged twice"))
    found, kept = stored(desk, number)
    assert (found.type, found.department, kept["guess"]) == ("billing", "finance", "billing")


@pytest.mark.row("INT-1/portal", "INT-4/guess")
def test_a_report_over_the_portal_is_classified_and_routed(app: Flask, desk: Loopdesk) -> None:
    client = app.test_client()
    fields = {"title": "扫描枪坏了", "description": CHINESE, "email": "anna@aurora.example"}
    sent = client.post("/portal/report", json={"data": fields}, headers={"X-CSRFToken": csrf_of(app, client)})
    assert sent.status_code == 200, sent.get_data(as_text=True)
    settle(desk)
    with desk.engine.read() as tx:
        [number] = [one.number for one in case.listing(SYSTEM, tx).cases]
    found, kept = stored(desk, number)
    assert (found.type, found.department) == ("hardware", "supply_chain")
    assert (kept["guess"], kept["language"]) == ("hardware", "zh")
    assert (found.channel, found.title, found.description) == ("portal", "扫描枪坏了", CHINESE)


@pytest.mark.row("INT-4/confidence")
def test_the_form_of_triage_shows_the_proposal_and_its_confidence(light_desk: Loopdesk) -> None:
    number = reported(light_desk, CHARGED)
    _, _, data = triage(light_desk, number)
    _, kept = stored(light_desk, number)
    assert (data["proposed"], data["type"]) == ("billing", "billing")
    assert data["confidence"] == round(kept["confidence"] * 100)


@pytest.mark.row("INT-4/person", "INT-4/confidence")
def test_a_guess_of_low_confidence_goes_to_a_person_who_has_to_choose(light_desk: Loopdesk) -> None:
    number = reported(light_desk, UNSURE)
    found, kept = stored(light_desk, number)
    assert (found.type, found.department, kept["guess"]) == ("other", "support", "")
    assert 0 < kept["confidence"] < 0.5
    actor, task, data = triage(light_desk, number)
    assert data.get("type") is None
    assert data["proposed"] == kept["ranked"][0]["type"]
    with pytest.raises(Invalid), light_desk.engine.begin() as tx:
        given = answered("", "support")
        work.complete(actor, tx, task["id"], given)
    with light_desk.engine.begin() as tx:
        work.complete(actor, tx, task["id"], answered("how_to", "support"))
    settle(light_desk)
    found, kept = stored(light_desk, number)
    assert (found.type, kept["chosen"], kept["corrected"], kept["by_id"]) == ("how_to", "how_to", True, actor.id)


@pytest.mark.row("INT-6/security")
def test_what_a_customer_says_about_security_is_not_left_to_a_guess(light_desk: Loopdesk) -> None:
    number = reported(light_desk, "An invoice came as a phishing mail: our invoice account was hacked.")
    found, _ = stored(light_desk, number)
    assert (found.type, found.department, found.restricted) == ("security", "security", True)


@pytest.mark.row("INT-4/correction")
def test_corrections_at_triage_train_the_house_again(light_desk: Loopdesk) -> None:
    """Through the diagram, the periodic job and the worker that wiring joins."""
    with light_desk.engine.begin() as tx:
        files = dict(bundles.current(tx, "policies").files) | {
            "classification.yaml": b"confidence: 0.5\ncorrections: 2\n"
        }
        bundles.deploy(SYSTEM, tx, "policies", files)
        files = dict(bundles.current(tx, "classification").files)
        head, *lines = files["examples.en.csv"].decode().splitlines()
        few = [line for line in lines if int(line.split(",")[1][-3:]) <= 4]
        bundles.deploy(SYSTEM, tx, "classification", files | {"examples.en.csv": "\n".join([head, *few]).encode()})
    assert [row.adopted for row in trainings(light_desk)] == [True]
    work_through(light_desk)
    first = trainings(light_desk)
    assert len(first) == 2, "the owner's edit was learnt from"
    for said in ("The frobnicator wobbles", "Our frobnicator is loose"):
        number = reported(light_desk, f"{said}: frobnicator.")
        actor, task, _ = triage(light_desk, number)
        with light_desk.engine.begin() as tx:
            work.complete(actor, tx, task["id"], answered("third_party", "support"))
        settle(light_desk)
    work_through(light_desk)
    newest = trainings(light_desk)[-1]
    assert (newest.examples, newest.through is not None) == (len(few) + 2, True)
    assert newest.former_score is not None


def trainings(desk: Loopdesk) -> list[Any]:
    """The trainings of the type for English, oldest first."""
    table = classification.classification_model
    with desk.engine.read() as tx:
        return list(
            tx.conn.execute(
                sa.select(table).where(table.c.language == "en", table.c.subject == "type").order_by(table.c.id)
            )
        )


def work_through(desk: Loopdesk) -> None:
    """Let the job look and a worker train."""
    [job] = [one for one in desk.periodic if one.name == "classification.look"]
    with desk.engine.begin() as tx:
        job.run(tx)
    kinds = {"classification.train": desk.handlers.remote["classification.train"]}
    while outbox.drain(desk.engine, outbox.Handlers(remote=kinds), worker="test"):
        pass


def test_the_command_says_what_a_text_is_taken_for(light_desk: Loopdesk, tmp_path: Any) -> None:
    commands = group_for(light_desk)
    told = CliRunner().invoke(commands, ["classify", CHARGED])
    assert told.exit_code == 0, told.output
    assert told.output.startswith("Billing / 账单 (billing), ")
    file = tmp_path / "mail.txt"
    file.write_text(CHINESE, encoding="utf-8")
    answer = json.loads(CliRunner().invoke(commands, ["classify", "--file", str(file), "--json"]).output)
    assert (answer["type"], answer["language"], answer["needed"]) == ("hardware", "zh", 0.5)
    unsure = CliRunner().invoke(commands, ["--lang", "en", "classify", UNSURE]).output
    assert "a person chooses the type" in unsure
    assert CliRunner().invoke(commands, ["classify"]).exit_code == 2
    assert CliRunner().invoke(cli, ["classify", "x", "--evaluate"]).exit_code == 2


def test_the_command_measures_the_guesses_of_the_house(light_desk: Loopdesk) -> None:
    with light_desk.engine.begin() as tx:
        files = dict(bundles.current(tx, "classification").files)
        for language in ("en", "zh"):
            head, *lines = files[f"examples.{language}.csv"].decode().splitlines()
            few = [line for line in lines if int(line.split(",")[1][-3:]) <= 5]
            files[f"examples.{language}.csv"] = "\n".join([head, *few]).encode()
        bundles.deploy(SYSTEM, tx, "classification", files)
    commands = group_for(light_desk)
    measured = CliRunner().invoke(commands, ["classify", "--evaluate", "--json"])
    assert measured.exit_code == 0, measured.output
    english = json.loads(measured.output)["en"]
    assert (english["texts"], english["themes"]) == (80, 40)
    assert english["macro_f1"] > english["baseline_macro_f1"]
    assert sum(sum(row.values()) for row in english["confusion"].values()) == 80
    shares = [row["answered"] for row in english["curve"]]
    assert shares == sorted(shares, reverse=True)
    page = CliRunner().invoke(commands, ["classify", "--evaluate"]).output
    assert "## Limits" in page
    assert "Macro-F1" in page
