"""What a diagram may do with the war room of an emergency (EMG-3); `desk/operations` offers it beside the rest."""

from loopdesk.desk import emergency as emergencies
from loopdesk.desk.steps import Result, Step, operation
from loopdesk.desk.war_room import packs, rooms


@operation("room.promise")
def _promise(step: Step, *, emergency: str) -> Result:
    """Promise that the people of an emergency meet in time: room_within of the policy emergency.yaml.

    Gives: due (moment by which the room has to stand), commander (id).
    """
    room = rooms.promise(step.actor, step.tx, emergency)
    leader = emergencies.get(step.tx, emergency).commander_id
    return {"due": room.due_at.isoformat(), "commander": leader}


@operation("room.open")
def _open(step: Step, *, emergency: str) -> Result:
    """Let a connector open a channel for everybody with a role; the message room.opened or room.failed follows, its
    key is the emergency. Where no connector makes rooms the war-room page is the room."""
    rooms.ask(step.actor, step.tx, emergency, base_url=step.base_url)
    return None


@operation("room.use_page")
def _use_page(step: Step, *, emergency: str) -> Result:
    """Let the war-room page be the room, after no connector could make one."""
    rooms.fall_back(step.actor, step.tx, emergency, base_url=step.base_url)
    return None


@operation("room.invite")
def _invite(step: Step, *, emergency: str) -> Result:
    """Write to everybody with a role who has not been invited yet, with the links. Gives: invited (ids)."""
    return {"invited": rooms.invite(step.actor, step.tx, emergency, base_url=step.base_url)}


@operation("room.close")
def _close(step: Step, *, emergency: str) -> Result:
    """Close the channel that was opened for an emergency."""
    rooms.close(step.actor, step.tx, emergency)
    return None


@operation("pack.attach")
def _attach(step: Step, *, emergency: str) -> Result:
    """Attach the pack (topology, recent changes, capacity) to the case. Gives: attachment (id)."""
    return {"attachment": packs.attach(step.actor, step.tx, step.store, emergency)}
