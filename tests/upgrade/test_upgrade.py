"""Work that a release left open is finished by the code of today (definition of done: upgrades with open instances)."""

from pathlib import Path

import sqlalchemy as sa

from loopdesk import __version__, migrations
from loopdesk.engine import bundles, instances
from loopdesk.tests.peers.smtp import SmtpPeer
from loopdesk.tests.scenarios.stage import Stage
from loopdesk.tests.upgrade import open_work, own_process
from loopdesk.tests.upgrade.conftest import DUMPS
from loopdesk.tests.upgrade.dump import HERE, Dump, read
from loopdesk.tests.upgrade.finishing import finish, rows
from loopdesk.tests.upgrade.ledger import Ledger
from loopdesk.web import first_start


def test_this_version_has_its_dump() -> None:
    """Taken with the tables of today: one from before the last migration would prove too little."""
    assert f"{__version__}.json.gz" in {path.name for path in DUMPS}
    assert read(HERE / f"{__version__}.json.gz").revision == migrations.newest()


def test_shipped_processes_are_renewed_and_an_owners_are_not(stage: Stage, shipped: Path) -> None:
    """Architecture §3, Bundles: the newer release is deployed, an owner's edit stays, running instances keep theirs."""
    table = bundles.bundle
    current = sa.select(table.c.name, table.c.number, table.c.hash, table.c.author_kind).where(table.c.current)
    running = sa.select(instances.instance.c.id, instances.instance.c.bundle_id).order_by(instances.instance.c.id)
    before, bound = {row.name: row for row in rows(stage, current)}, rows(stage, running)
    first_start.first_start(stage.desk)
    after = {row.name: row for row in rows(stage, current)}
    for name in (open_work.EDITED, own_process.NAME):
        assert after[name] == before[name]
        assert after[name].author_kind == "person"
    newer = {path.name: bundles.digest_of(bundles.read_folder(path)) for path in shipped.iterdir()}
    renewed = {*newer} - {open_work.EDITED}
    assert {name: after[name].hash for name in renewed} == {name: newer[name] for name in renewed}
    for name in renewed & {*before}:
        assert after[name].number == before[name].number + (newer[name] != before[name].hash)
    assert after["feedback"].number == before["feedback"].number + 1
    assert rows(stage, running) == bound


def test_work_left_open_is_finished(stage: Stage, dump: Dump, server: SmtpPeer, ledger: Ledger, shipped: Path) -> None:
    """Every case closes with what belongs to it, nothing is left behind, and no letter goes out twice."""
    first_start.first_start(stage.desk)
    finish(stage, dump.cases, server, ledger, held=1)
