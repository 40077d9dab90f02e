"""Activities that run in rounds: standard loops and multi-instance (BPMN 2.0.2 §13.3.6, §13.3.7)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from SpiffWorkflow.util.task import TaskState

from loopdesk.engine import feel
from loopdesk.engine.bpmn.activities import Activity
from loopdesk.engine.bpmn.expressions import Scope, evaluate
from loopdesk.engine.bpmn.merge import merge
from loopdesk.engine.bpmn.model import Loop, Trigger
from loopdesk.engine.bpmn.nodes import Node
from loopdesk.engine.bpmn.throwing import THROWS, ThrowEvent
from loopdesk.engine.bpmn.tree import OUTER, Token, detach
from loopdesk.engine.errors import N_, Invalid

COUNTER = "loopCounter"
"""The number of the round, from 1, as its elements see it (the name is Camunda 8's)."""
MOST = 10_000
"""Instances of one activity."""


class Rounds(Activity):
    """An activity around its rounds; boundary events and flows belong to it, the work to its body."""

    is_scope = True
    keeps = True
    body: Node

    @property
    def loop(self) -> Loop:
        """What the diagram says about the rounds."""
        assert self.element.details.loop is not None
        return self.element.details.loop

    def begin(self, token: Token, number: int, more: Mapping[str, Any] = {}) -> None:
        """Let round ``number`` begin, with further variables of its own."""
        run = token.workflow
        before = {child.id for child in token.children}
        run.enter([self.body], token, {**token.data, **more, COUNTER: number})
        (begun,) = (child for child in token.children if child.id not in before)
        begun.internal_data = {**begun.internal_data, "round": number}

    def came_back(self, token: Token) -> None:
        """A round is completed."""
        host = token.parent
        detach(token)
        self.completed(host, token, int(token.internal_data["round"]))

    def completed(self, host: Token, token: Token, number: int) -> None:
        """Go on after round ``number``, whose last variables ``token`` holds."""
        raise NotImplementedError


class StandardLoop(Rounds):
    """Runs again as long as its condition is true and its maximum is not reached."""

    def start(self, token: Token) -> bool:
        """Begin the first round, unless the condition is looked at before it and is false."""
        if self.loop.before and not self.again(token, 0):
            return True
        self.begin(token, 1)
        return False

    def again(self, token: Token, rounds: int) -> bool:
        """Whether another round follows after so many."""
        if self.loop.maximum is not None and rounds >= self.loop.maximum:
            return False
        if not self.loop.condition:
            return True
        return evaluate(self.loop.condition, token.workflow.scope(token, **{COUNTER: rounds})) is True

    def completed(self, host: Token, token: Token, number: int) -> None:
        """The next round, or on."""
        host.data = without(token.data, host.data, {COUNTER})
        if self.again(host, number):
            self.begin(host, number + 1)
        else:
            host.complete()


class MultiInstance(Rounds):
    """Runs once per item of a collection, or so many times; side by side or one after the other."""

    announcers: Sequence[ThrowEvent]
    """one for each event that instances throw"""

    def start(self, token: Token) -> bool:
        """Begin all instances, or the first one."""
        items = self.items(token)
        state: dict[str, Any] = {"count": len(items), "done": 0, "results": [None] * len(items)}
        if not items:
            self.collect(token, state)
            return True
        if self.loop.sequential:
            token.internal_data = {**token.internal_data, **state, "items": items}
            self.begin(token, 1, self.local(items[0]))
            return False
        token.internal_data = {**token.internal_data, **state, OUTER: token.data}
        for number, item in enumerate(items, 1):
            self.begin(token, number, self.local(item))
        return False

    def items(self, token: Token) -> list[Any]:
        """One item for each instance."""
        run = token.workflow
        scope = run.scope(token, **self.reads(token))
        if not self.loop.collection:
            count = feel.to_json(evaluate(self.loop.cardinality, scope))
            number = int(count) if isinstance(count, str) and count.isdecimal() else count
            if isinstance(number, bool) or not isinstance(number, int | float) or number != int(number) or number < 0:
                raise self.wrong(N_("The number of instances of “%(name)s” is not a whole number: %(value)s."), count)
            self.check(int(number))
            return [None] * int(number)
        items = evaluate(self.loop.collection, scope)
        if not isinstance(items, list | tuple):
            raise self.wrong(N_("The collection of “%(name)s” is not a list: %(value)s."), feel.to_json(items))
        self.check(len(items))
        return list(items)

    def check(self, count: int) -> None:
        """Raise ``Invalid`` for more instances than one activity may have."""
        if count > MOST:
            raise self.wrong(N_("“%(name)s” would have %(value)s instances at once, which is too many."), count)

    def wrong(self, message: str, value: Any) -> Invalid:
        """What to say about a value of the loop."""
        remedy = N_("Correct the data or the expression.")
        return Invalid(message, remedy=remedy, place=self.place, name=self.element.name or self.element.id, value=value)

    def local(self, item: Any) -> dict[str, Any]:
        """The variable of an instance's item."""
        return {self.loop.item: item} if self.loop.item and self.loop.collection else {}

    def completed(self, host: Token, token: Token, number: int) -> None:
        """Take over what the instance wrote; complete, begin the next one, or wait for the others."""
        run, state = token.workflow, dict(host.internal_data)
        if self.loop.results:
            results = list(state["results"])
            results[number - 1] = evaluate(self.loop.result, run.scope(token)) if self.loop.result else None
            state["results"] = results
        state["done"] += 1
        made = without(token.data, host.data, self.own())
        if self.loop.sequential:
            host.data = made
        else:
            state[OUTER] = merge(host.data, [state[OUTER], made])
        host.internal_data = state
        self.announce(host, token)
        if host.state == TaskState.CANCELLED:
            return
        if self.is_enough(host, token):
            for child in host.inner:
                run.drop(child)
        elif self.loop.sequential and number < state["count"]:
            self.begin(host, number + 1, self.local(state["items"][number]))
        if not host.inner:
            host.data = state.get(OUTER, host.data)
            self.collect(host, state)
            host.complete()

    def own(self) -> set[str]:
        """Variables that stay inside an instance: its item, and what its result in the collection is made of."""
        collected = re.findall(r"[^\W\d]\w*", self.loop.result) if self.loop.results else []
        return {COUNTER, self.loop.item, *collected}

    def is_enough(self, host: Token, token: Token) -> bool:
        """Whether the completion condition is true after this instance."""
        if not self.loop.condition:
            return False
        return evaluate(self.loop.condition, self.seen(host, token)) is True

    def seen(self, host: Token, token: Token) -> Scope:
        """What a condition sees after an instance: its variables, the results so far and how many there are."""
        state = host.internal_data
        counts = {"Instances": state["count"], "ActiveInstances": len(host.inner), "CompletedInstances": state["done"]}
        # Camunda 8 says numberOf…, Camunda 7 and its kin nrOf….
        named = {f"{prefix}{name}": count for name, count in counts.items() for prefix in ("numberOf", "nrOf")}
        collected = {self.loop.results: state["results"]} if self.loop.results else {}
        return token.workflow.scope(token, **collected, **named, numberOfTerminatedInstances=0)

    def announce(self, host: Token, token: Token) -> None:
        """Throw what instances throw when they complete; boundary events of the activity may catch it."""
        if self.loop.behavior == "One" and host.internal_data["done"] > 1:
            return
        for (condition, trigger), node in zip(self.loop.events, self.announcers, strict=True):
            active = host.state != TaskState.CANCELLED
            if active and (not condition or evaluate(condition, self.seen(host, token)) is True):
                self.throw(host, trigger, node)

    def throw(self, host: Token, trigger: Trigger, node: ThrowEvent) -> None:
        """Throw one event of an instance."""
        for part in trigger.each:
            if part.kind in THROWS and host.state != TaskState.CANCELLED:
                THROWS[part.kind](node, host, part)
        if any(part.kind not in THROWS for part in trigger.each) and host.state != TaskState.CANCELLED:
            # What works on the scope around, such as a compensation, has a token of its own there.
            run = host.workflow
            fork = run.part(host)
            run.enter([node], fork, fork.data)

    def collect(self, token: Token, state: Mapping[str, Any]) -> None:
        """Write the collection of results."""
        if self.loop.results:
            data = {**token.data, self.loop.results: state["results"]}
            token.data = self.store(token, data, data)


def without(data: Mapping[str, Any], base: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    """``data`` where the variables ``names`` are what they were in ``base``."""
    kept = {name: value for name, value in data.items() if name not in names}
    return kept | {name: base[name] for name in names if name in base}
