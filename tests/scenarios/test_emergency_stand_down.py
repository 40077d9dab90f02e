"""The commander's own task is refused, too, while something stands against the end (EMG-1, EMG-4)."""

import pytest

from loopdesk.desk import emergency
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Conflict
from loopdesk.tests.scenarios.stage import Stage
from loopdesk.tests.scenarios.test_tour import P0, TRIAGE


@pytest.mark.row("EMG-4/de-escalation", "EMG-4/decisions")
def test_a_stand_down_with_an_open_decision_is_refused_and_its_words_are_kept(stage: Stage) -> None:
    number = stage.report("anna", urgency="critical", scope="all")
    stage.complete("lina", "triage", **{**TRIAGE, "urgency": "critical", "scope": "all"})
    stage.complete("wangfang", "name_commander", **P0, commander=stage.people["olga"].id)
    stage.complete("olga", "first_update", text="We work on it.", next_minutes=240)
    stage.complete("olga", "restore", restored="Restarted.")
    stage.wait(minutes=31)
    with stage.tx() as tx:
        running = emergency.open_of(tx, number)
        assert running is not None
        asked = emergency.ask_decision(stage.people["olga"], tx, running.id, question="Tell the press?")
    with pytest.raises(Conflict) as refused:
        stage.complete("olga", "stand_down", summary="A switch failed.", stable=True)
    assert "Tell the press?" in str(refused.value)
    assert stage.form("olga", "stand_down")[1]["summary"] == "A switch failed."
    with stage.tx() as tx:
        emergency.decide(SYSTEM, tx, asked.id, decision="No.")
    stage.complete("olga", "stand_down", summary="A switch failed.", stable=True)
    with stage.tx() as tx:
        assert emergency.get(tx, running.id).state == "ended"
