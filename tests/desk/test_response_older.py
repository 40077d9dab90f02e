"""A house whose policies are older than measures and compensation goes by the shipped ones (EMG-5, EMG-6, EMG-8)."""

from datetime import timedelta

from loopdesk.desk import emergency as emergencies
from loopdesk.desk.response import allhands, awards, measures
from loopdesk.desk.response.awards import Wish
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.tx import Tx

NEW = {"measures.yaml", "compensation.yaml"}


def test_older_policies_fail_no_emergency(tx: Tx, number: str) -> None:
    """EMG-5, EMG-6, EMG-8: the figures are those of the files that came with the release."""
    files = {name: one for name, one in bundles.current(tx, "policies").files.items() if name not in NEW}
    bundles.deploy(SYSTEM, tx, "policies", files)
    made = emergencies.declare(SYSTEM, tx, number, commander="wangfang", grade="I", kind="system_fault")
    [planned] = measures.plan(SYSTEM, tx, made.id, [{"measure": "freeze_test"}])
    assert "payment-test" not in planned.asks["environments"]
    assert allhands.pool(tx, 3) == allhands.Pool(normal=2, allowed=4)
    spans = [(tx.now - timedelta(hours=5), tx.now)]
    assert awards.compute(SYSTEM, tx, made.id, Wish(spans))[2].percent == 10
