"""What a process owner says of figures: the policy ``figures.yaml``."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any

from loopdesk.desk import policy
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx

POLICY = "figures"
FILE = f"{POLICY}.yaml"
ELSE = "else"
LANGUAGES = ("en", "zh")


def fresh(tx: Tx) -> timedelta:
    """Older figures are late."""
    return policy.duration(policy.said(tx, POLICY, "fresh"), place=f"{FILE}: fresh")


def left_out(tx: Tx) -> Collection[str]:
    """Channels whose cases are in no figure."""
    return {str(one) for one in policy.said(tx, POLICY, "leaves_out") or ()}


def weights(tx: Tx) -> Callable[[str], float]:
    """What each channel counts for in the composite score."""
    said = policy.said(tx, POLICY, "weights")
    return lambda channel: float(said.get(channel, said.get(ELSE, 0)))


def outages(tx: Tx) -> Collection[str]:
    """The kinds of emergencies that take the service away."""
    return {str(one) for one in policy.said(tx, POLICY, "availability", "kinds") or ()}


def major(tx: Tx) -> Collection[str]:
    """The severities of major outages."""
    return {str(one) for one in policy.said(tx, POLICY, "availability", "major") or ()}


def customers(tx: Tx) -> int:
    """How many customers a breakdown shows."""
    return int(policy.said(tx, POLICY, "customers"))


def targets(tx: Tx) -> dict[str, float]:
    """The bar of each figure that has one, in percent; an owner who takes one out has none."""
    figures = _mapping(policy.held(tx, POLICY).get("figures"))
    return {
        name: float(entry["target"]) for name, entry in figures.items() if _mapping(entry).get("target") is not None
    }


def words(tx: Tx, name: str, language: str) -> tuple[str, str]:
    """Name and definition of a figure, the shipped ones where the owner's file says nothing."""
    title, text = (policy.said(tx, POLICY, "figures", name, word) for word in ("name", "text"))
    return policy.name_in({"name": title}, language) or name, policy.name_in({"name": text}, language)


def check(files: Files, names: Collection[str]) -> list[Finding]:
    """What is wrong with the file: a weight or a target that is no number, a figure that there is not."""
    if FILE not in files:
        return []
    try:
        said = policy.parse(files[FILE], FILE)
        if "fresh" in said:
            policy.duration(said["fresh"], place="fresh")
    except Invalid as error:
        return [Finding(FILE, "", "", "figures.unusable", "error", error.message, error.remedy, dict(error.params))]
    return [*_weights(_mapping(said.get("weights"))), *_figures(_mapping(said.get("figures")), names)]


def _weights(weights: Mapping[str, Any]) -> Iterator[Finding]:
    remedy = N_("Write a number from 0 on; at least one has to be more than 0.")
    for channel, value in weights.items():
        if not _number(value) or value < 0:
            message = N_("The weight of channel %(channel)s is no number.")
            yield _finding(f"weights.{channel}", message, remedy, channel=channel)
    if weights and not any(_number(value) and value > 0 for value in weights.values()):
        yield _finding("weights", N_("No channel has any weight, so there is no composite score."), remedy)


def _figures(figures: Mapping[str, Any], names: Collection[str]) -> Iterator[Finding]:
    for name, entry in figures.items():
        given = _mapping(entry)
        if name not in names:
            message, remedy = N_("There is no figure %(name)s."), N_("Known are %(names)s.")
            yield _finding(f"figures.{name}", message, remedy, name=name, names=", ".join(names))
        if "target" in given and not (_number(given["target"]) and 0 <= given["target"] <= 100):
            message, remedy = N_("The target of %(name)s is no percentage."), N_("Write a number from 0 to 100.")
            yield _finding(f"figures.{name}.target", message, remedy, name=name)
        for word in ("name", "text"):
            if word in given and not all(str(_mapping(given[word]).get(one) or "").strip() for one in LANGUAGES):
                message, remedy = N_("%(place)s needs its text in both languages."), N_("Write both: {en: …, zh: …}.")
                yield _finding(f"figures.{name}.{word}", message, remedy, place=f"figures.{name}.{word}")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _mapping(value: object) -> Mapping[str, Any]:
    return {str(key): one for key, one in value.items()} if isinstance(value, Mapping) else {}


def _finding(where: str, message: str, remedy: str, **params: object) -> Finding:
    return Finding(FILE, where, "", "figures.value", "error", message, remedy, params)
