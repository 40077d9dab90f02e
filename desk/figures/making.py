"""Figures made of sums: values, numbers behind them, targets; a rate of nobody has no value (ANA-1, FBK-4)."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from loopdesk.desk.figures import keep, outages, rules
from loopdesk.desk.figures.asked import CHANNEL, CUSTOMER, Asked
from loopdesk.desk.figures.formulas import FORMULAS, PERCENT, PLAIN, SCORE, Formula
from loopdesk.desk.figures.shapes import Figure, Fresh
from loopdesk.desk.figures.spread import Spread
from loopdesk.desk.figures.sums import BASES, OPENED
from loopdesk.engine.tx import Tx

Figures = dict[str, Figure]
NONE: Counter[str] = Counter()


@dataclass(frozen=True)
class Maker:
    """Knows targets and how fresh the figures are, read once for all of them."""

    tx: Tx
    targets: Mapping[str, float]
    fresh: Fresh

    @property
    def as_of(self) -> datetime | None:
        """What moment the figures reach."""
        return self.fresh.as_of

    def one(self, formula: Formula, sums: Counter[str], spread: Spread | None = None) -> Figure:
        """A figure of its sums, or the median of a spread."""
        made = Figure(formula.name, None, formula.unit, 0, target=self.targets.get(formula.name), as_of=self.as_of)
        if not formula.below:
            count = sums[formula.above]
            return replace(made, value=count, n=count)
        n = sums[formula.below]
        if formula.spread:
            middle = spread.median() if spread else None
            return replace(made, value=None if middle is None else middle * formula.times, n=n)
        above = sums[formula.above] - (sums[formula.less] if formula.less else 0)
        value = above * formula.times / n if n else None
        return replace(made, value=value, n=n, numerator=above, denominator=n)

    def none(self) -> Figures:
        """The plain figures of no case."""
        return {name: self.one(FORMULAS[name], NONE) for name in PLAIN}

    def several(self, question: Asked, only: Collection[str] = PLAIN) -> dict[Any, Figures]:
        """The plain figures of each value that a question tells apart; of customers those with the most cases."""
        if question.by == CUSTOMER:
            question = replace(question, only=question.largest(rules.customers(self.tx)))
        formulas = [FORMULAS[name] for name in PLAIN if name in only]
        sums = {basis: question.sums(basis) for basis in BASES if basis in {one.basis for one in formulas}}
        values = {value for found in sums.values() for value in found}
        spreads = {
            one.name: question.spreads(one.basis, sum(found[one.below] for found in sums[one.basis].values()))
            for one in formulas
            if one.spread
        }
        return {
            value: {
                one.name: self.one(one, sums[one.basis].get(value, NONE), spreads.get(one.name, {}).get(value))
                for one in formulas
            }
            for value in values
        }

    def special(self, question: Asked, name: str) -> Figure:
        """The composite score, or an availability."""
        made = self._score(question) if name == SCORE else self._availability(question, name)
        return replace(made, target=self.targets.get(name), as_of=self.as_of)

    def _score(self, question: Asked) -> Figure:
        """ANA-1: the attainment of each channel by its weight, over the weights of the channels that have any."""
        by_channel = replace(question, by=CHANNEL).sums(OPENED)
        told = {channel: one for channel, one in by_channel.items() if one["first_promised"]}
        weight = rules.weights(self.tx)
        whole, n = sum(weight(channel) for channel in told), sum(one["first_promised"] for one in told.values())
        reached = sum(weight(channel) * one["first_kept"] / one["first_promised"] for channel, one in told.items())
        return Figure(SCORE, 100 * reached / whole if whole else None, PERCENT, n, reached, whole or None)

    def _availability(self, question: Asked, name: str) -> Figure:
        """Of the whole house: it is known of no channel, level, class, team or customer alone."""
        if question.filter.given():
            return Figure(name, None, PERCENT, 0)
        return outages.availability(self.tx, question.period, name, self.as_of or self.tx.now)


def maker(tx: Tx) -> Maker:
    """A maker by the policy as it stands."""
    return Maker(tx, rules.targets(tx), keep.fresh(tx))
