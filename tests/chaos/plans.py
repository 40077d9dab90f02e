"""What the cases of the chaos run do: one diagram with all that waits, and for each case what its people intend."""

import json
import random
from dataclasses import dataclass

from loopdesk.tests.engine.drawing import catch, coded, diagram, extended, flows, inputs, message, script, timer

EFFECTS = ("call", "tell", "escalate", "last")
SIGNED = ("sign_a", "sign_b")


@dataclass(frozen=True)
class Plan:
    """One case. Durations are of its timers, in seconds; ``early`` sends the reply before anything waits for it."""

    number: int
    pause: float
    quiet: float
    remind: float
    patience: float
    early: bool
    approves: bool
    """Whether somebody approves as soon as possible; otherwise the timer decides, or whoever is quicker."""
    races: bool
    """Whether it comes when the patience is about over."""

    @property
    def title(self) -> str:
        """What the case is called."""
        return f"chaos {self.number}"

    @property
    def reply(self) -> str:
        """What the customer answers."""
        return f"reply {self.number}"

    def answer(self, element: str) -> dict[str, str]:
        """What is filled in at a task."""
        return {element: f"{element} of {self.number}"}

    def report(self) -> dict[str, str]:
        """The report as the API takes it: its free texts carry the durations."""
        return {
            "description": "a case of the chaos",
            "title": self.title,
            "email": "anna@aurora.example",
            "occurred_at": "2026-01-01T00:00:00Z",
            "steps": _duration(self.pause),
            "expected": _duration(self.quiet),
            "scope": _duration(self.remind),
            "system_version": _duration(self.patience),
        }


def plans(count: int, seed: int, *, slow: float) -> list[Plan]:
    """What ``count`` cases do; no timer that fires waits longer than twice ``slow`` seconds."""
    dice = random.Random(f"plans {seed}")

    def one(number: int) -> Plan:
        pause, quiet, remind, patience = (round(dice.uniform(0.1, slow), 1) for _ in range(4))
        mood = dice.random()
        approves, races = mood < 0.4, mood > 0.7
        waits = patience + (20 * slow if approves else slow if races else 0)
        return Plan(number, pause, quiet, remind, round(waits, 1), dice.random() < 0.5, approves, races)

    return [one(number) for number in range(count)]


def _duration(seconds: float) -> str:
    return f"PT{seconds}S"


def intake(url: str) -> dict[str, bytes]:
    """The folder of the process that every reported case starts; its effects go to ``url``."""
    body = "".join(
        [
            '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="fork"/><bpmn:parallelGateway id="join"/>',
            '<bpmn:endEvent id="e"/><bpmn:endEvent id="reminded"/><bpmn:exclusiveGateway id="decided"/>',
            catch("late", timer("Date", "=occurred_at")),
            catch("pause", timer("Duration", "=steps")),
            _effect("call", url, "{number: case.number}"),
            *(_person(name) for name in (*SIGNED, "approve")),
            _boundary("remind", "sign_a", "=scope", interrupting=False),
            script("note", "=true", "was_reminded"),
            catch("quiet", timer("Duration", "=expected")),
            catch("ask", message("reply")),
            _effect("tell", url, "{number: case.number, reply: reply}"),
            catch("hear", coded("signal", "go")),
            _boundary("patience", "approve", "=system_version", interrupting=True),
            _effect("escalate", url, "{number: case.number}"),
            _effect("last", url, "{number: case.number, a: sign_a, b: sign_b, reply: reply, call: call}"),
            flows(
                "s > fork > late > pause > call > join > last > e",
                "fork > sign_a > join",
                "remind > note > reminded",
                "fork > sign_b > join",
                "fork > quiet > ask > tell > join",
                "fork > hear > join",
                "fork > approve > decided > join",
                "patience > escalate > decided",
            ),
        ]
    )
    signal = '<bpmn:signal id="s-go" name="go"/>'
    lines = dict.fromkeys((*SIGNED, "approve"), "{R: [support/agent], A: support/supervisor, C: [], I: []}")
    files = {f"{name}.form": _form(name) for name in lines}
    raci = "activities:\n" + "".join(f"  {name}: {line}\n" for name, line in lines.items())
    drawn = diagram(body, process="intake", messages=("reply",), more=signal)
    return {"intake.bpmn": drawn, "raci.yaml": raci.encode(), **files}


def conductor() -> dict[str, bytes]:
    """A process that throws the signal for which the cases wait."""
    body = (
        '<bpmn:startEvent id="s"/>' + f'<bpmn:endEvent id="e">{coded("signal", "go")}</bpmn:endEvent>' + flows("s > e")
    )
    signal = '<bpmn:signal id="s-go" name="go"/>'
    return {"conductor.bpmn": diagram(body, process="conductor", more=signal), "raci.yaml": b"activities: {}\n"}


def pair() -> dict[str, bytes]:
    """A process of nothing but two parallel signatures."""
    gateways = '<bpmn:parallelGateway id="fork"/><bpmn:parallelGateway id="join"/>'
    ends = '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>'
    ways = flows("s > fork > sign_a > join > e", "fork > sign_b > join")
    drawn = diagram(ends + gateways + "".join(map(_person, SIGNED)) + ways, process="pair")
    return {"pair.bpmn": drawn, **_forms(SIGNED)}


def _person(name: str) -> str:
    return f'<bpmn:userTask id="{name}">{extended(f"""<zeebe:formDefinition formId="{name}"/>""")}</bpmn:userTask>'


def _forms(names: tuple[str, ...]) -> dict[str, bytes]:
    """A form for each human task, and who has to do them."""
    line = "{R: [support/agent], A: support/supervisor, C: [], I: []}"
    raci = "activities:\n" + "".join(f"  {name}: {line}\n" for name in names)
    return {"raci.yaml": raci.encode(), **{f"{name}.form": _form(name) for name in names}}


def _form(key: str) -> bytes:
    component = {"id": f"Field_{key}", "type": "textfield", "key": key, "label": key, "validate": {"required": True}}
    return json.dumps({"id": key, "type": "default", "components": [component]}).encode()


def _effect(name: str, url: str, body: str) -> str:
    """A service task that posts and keeps the number it got as the variable of its own name."""
    mapping = inputs(url=f'="{url}"', body=f"={body}").replace(
        "</zeebe:ioMapping>", f'<zeebe:output source="=body.number" target="{name}"/></zeebe:ioMapping>'
    )
    inner = extended(f'<zeebe:taskDefinition type="http.post"/>{mapping}')
    return f'<bpmn:serviceTask id="{name}">{inner}</bpmn:serviceTask>'


def _boundary(identity: str, at: str, duration: str, *, interrupting: bool) -> str:
    definition = timer("Duration", duration)
    cancels = str(interrupting).lower()
    return (
        f'<bpmn:boundaryEvent id="{identity}" attachedToRef="{at}" cancelActivity="{cancels}">'
        f"{definition}</bpmn:boundaryEvent>"
    )
