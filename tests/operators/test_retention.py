"""What is old enough goes by policy, nothing open or held ever does, and archives can be read (SEC-3, COM-4)."""

import json
from base64 import b64decode
from datetime import timedelta

import orjson
import pytest
import sqlalchemy as sa
import zstandard
from click.testing import CliRunner

from loopdesk.connectors.inbound import inbound
from loopdesk.desk import archive, casework, holds, policy, retention
from loopdesk.desk.letters import communication
from loopdesk.engine import audit_verify, bundles, instances
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.bpmn import codec
from loopdesk.engine.bundle import NotDeployable
from loopdesk.engine.db import metadata
from loopdesk.engine.errors import Missing
from loopdesk.engine.outbox_rows import outbox
from loopdesk.engine.values import value
from loopdesk.tests.operators.conftest import ADDRESS, SAID, House
from loopdesk.tests.operators.test_erasure import erase
from loopdesk.tests.scenarios.stage import ADMIN
from loopdesk.web import backup, restore, wiring
from loopdesk.web.cli._desk import group_for
from loopdesk.web.first_start import WORKFLOWS
from loopdesk.web.stores import stores


def run(house: House) -> dict[str, int]:
    desk = house.stage.desk
    with desk.engine.begin() as tx:
        return retention.run(ADMIN, tx, wiring.keeper(desk.settings))


def later(house: House, years: float) -> None:
    house.stage.clock.advance(timedelta(days=365.25 * years))


def count(house: House, table: sa.Table) -> int:
    with house.stage.desk.engine.read() as tx:
        return tx.conn.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_a_case_is_archived_after_its_time_and_can_be_read(house: House) -> None:
    later(house, 2.9)
    assert "cases" not in run(house)
    later(house, 0.2)
    before = house.everything()
    assert run(house)["cases"] == 1
    after = house.everything()
    assert house.number in before
    left = {line.split(":")[0] for line in after.splitlines() if house.number in line}
    assert left <= {"archive", "event", "audit", "audit_head"}
    assert ADDRESS in before
    assert SAID not in after
    desk = group_for(house.stage.desk)
    shown = json.loads(CliRunner().invoke(desk, ["archive", "show", house.number]).output)
    assert shown["tables"]["case_"][0]["description"].strip() == SAID
    assert {"task", "event", "communication", "instance", "attachment", "survey", "feedback"} <= set(shown["tables"])
    assert house.number in CliRunner().invoke(desk, ["archive", "list"]).output
    house.chain()
    with house.stage.desk.engine.snapshot() as tx:
        report = audit_verify.verify(tx)
    assert report.findings == []
    assert report.archived == len(shown["tables"]["event"])


def test_an_archive_is_deleted_for_good_in_its_time(house: House) -> None:
    later(house, 3.1)
    run(house)
    store = stores(house.stage.desk.settings)["archive"]
    assert len(list(store.contents())) == 2, "the case and its attachment"
    later(house, 7)
    assert run(house)["archives"] == 1
    assert list(store.contents()) == []


def test_what_is_open_or_held_or_was_written_to_lately_stays(house: House) -> None:
    later(house, 3.1)
    with house.stage.desk.engine.begin() as tx:
        holds.add(ADMIN, tx, house.number, "lawsuit 12/26")
    opened = house.stage.report("anna")
    assert "cases" not in run(house)
    with house.stage.desk.engine.begin() as tx:
        holds.release(ADMIN, tx, house.number, "settled")
        last = sa.select(sa.func.max(communication.c.id)).where(communication.c.case == house.number)
        moved = sa.update(communication).where(communication.c.id == last.scalar_subquery())
        tx.conn.execute(moved.values(at=tx.now - timedelta(days=30)))
    assert "cases" not in run(house)
    later(house, 3)
    assert run(house)["cases"] == 1
    assert house.stage.case(opened).status != "closed"


def test_a_case_that_was_reopened_after_it_was_chosen_stays(house: House) -> None:
    later(house, 3.1)
    desk = house.stage.desk
    with desk.engine.begin() as tx:
        assert retention.due(tx, 20) == [house.number]
        casework.reopen(SYSTEM, tx, house.number, reason="It came back.")
        assert archive.put(ADMIN, tx, stores(desk.settings), house.number) == 0
    assert house.stage.case(house.number).status == "open"


def test_raw_mails_and_done_effects_go_sooner(house: House) -> None:
    house.stage.clock.advance(timedelta(days=40))
    done = count(house, outbox)
    gone = run(house)
    assert gone["outbox"] == done > 0
    assert count(house, inbound) == 1
    house.stage.clock.advance(timedelta(days=90))
    assert run(house)["raw_mails"] == 1
    assert count(house, inbound) == 0
    with house.stage.desk.engine.read() as tx:
        told = tx.conn.scalars(sa.text("SELECT data FROM event WHERE kind = 'retention.ran' ORDER BY id")).all()
    assert len(told) == 2


def test_a_person_is_erased_from_the_archive_too(house: House) -> None:
    later(house, 3.1)
    run(house)
    assert erase(house, ADDRESS).rows["archive"] == 1
    with house.stage.desk.engine.read() as tx, pytest.raises(Missing):
        archive.show(ADMIN, tx, stores(house.stage.desk.settings)["archive"], house.number)
    assert list(stores(house.stage.desk.settings)["archive"].contents()) == []


def test_a_colleague_is_erased_from_the_variables_of_archived_processes_too(house: House) -> None:
    """They are compressed in the archive, the large ones and what a loop may undo later beside the state."""
    lina, desk = house.stage.people["lina"], house.stage.desk
    with desk.engine.begin() as tx:
        one = instances.of_key(tx, house.number)[0]["id"]
        told = zstandard.compress(orjson.dumps([["resolution/a", {"told": f"{lina.name} was told."}, []]]))
        tx.insert(value, {"instance_id": one, "digest": "0", "content": told, "kept": True})
        state = codec.unpack(instances.whole(tx, one)["state"]) | {"note": f"by {lina.name}"}
        tx.conn.execute(sa.update(instances.instance).values(state=codec.pack(state)))
    later(house, 3.1)
    run(house)
    erase(house, "lina")
    with desk.engine.read() as tx:
        tables = archive.show(ADMIN, tx, stores(desk.settings)["archive"], house.number)["tables"]
    left = [codec.unpack(b64decode(row["state"])) for row in tables["instance"]]
    left += [orjson.loads(zstandard.decompress(b64decode(row["content"]))) for row in tables["value"]]
    assert "resolution/a" in str(left)
    assert lina.name not in str(left)


def test_archives_are_in_the_backup(house: House) -> None:
    later(house, 3.1)
    run(house)
    place = house.stage.desk.settings.data / "house.zip"
    made = backup.write(house.stage.desk, place)
    assert len([name for name in made.files if name.startswith("files/archive/")]) == 2
    assert restore.check(place).missing == []


def test_every_table_with_a_case_is_reached(house: House) -> None:
    """A new table that names cases is archived and deleted with them by itself."""
    later(house, 3.1)
    run(house)
    with house.stage.desk.engine.read() as tx:
        for table in metadata.sorted_tables:
            if "case" in table.c:
                query = sa.select(sa.func.count()).select_from(table).where(table.c.case == house.number)
                assert tx.conn.scalar(query) == 0, table.name


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("tokens: {keep: 90 days}", "“90 days” is not a duration."),
        ("messages: {keep: P0D}", "“P0D” is not a usable length of time."),
        ("mesages: {keep: P90D}", "“mesages” is no kind of thing that is kept."),
        ("- P3Y", ""),
    ],
)
def test_a_policy_that_could_not_be_applied_is_refused_when_it_is_deployed(
    house: House, line: str, message: str
) -> None:
    engine = house.stage.desk.engine
    with engine.begin() as tx:
        before = bundles.current(tx, "policies")
        files = {**before.files, "retention.yaml": line.encode()}
        with pytest.raises(NotDeployable) as refused:
            bundles.deploy(ADMIN, tx, "policies", files)
        [finding] = [one for one in refused.value.findings if one.severity == "error"]
        assert (finding.file, finding.rule) == ("retention.yaml", "retention.unusable")
        assert message in finding.as_json()["message"]  # type: ignore[operator]
        assert bundles.current(tx, "policies").number == before.number


def test_the_shipped_policy_speaks_of_every_kind_that_there_is() -> None:
    shipped = {"retention.yaml": (WORKFLOWS / "policies" / "retention.yaml").read_bytes()}
    assert retention.check(shipped) == []
    assert set(policy.parse(shipped["retention.yaml"], "retention.yaml")) == set(retention.KINDS)
