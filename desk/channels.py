"""The ways reports come in (INT-1): the policy file ``channels.yaml``, so that a new channel needs no Python."""

from collections.abc import Iterator, Mapping
from typing import Any

from loopdesk.desk import policy
from loopdesk.engine.errors import N_, Invalid, Missing
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx

POLICY = "channels"
FILE = f"{POLICY}.yaml"
API, CUSTOMERLESS, STAFFED = "api", "customerless", "staffed"
SIGNS = (API, CUSTOMERLESS, STAFFED)
"""What a channel may be: named by other systems in the API; without a customer, as an alert is; one on which a person
of the desk is asked, who answers for the case also when an app of his reports it (INT-6)."""
HOUSE = ("subcase", "problem")
"""Channels on which the house reports to itself: they are there even where an owner's file does not name them."""
LONGEST = 20
"""Characters of a code, as the communications keep it."""


def codes(tx: Tx, sign: str = "") -> list[str]:
    """The codes of all channels in the owner's order, or of those with one of `SIGNS`."""
    return [code for code, entry in _all(tx).items() if not sign or entry.get(sign) is True]


def names(tx: Tx, language: str) -> dict[str, str]:
    """Code -> name in a language, else in English, else the code."""
    return {code: _name(entry, language) or code for code, entry in _all(tx).items()}


def check(files: Files) -> list[Finding]:
    """What is wrong with the channels of a policies folder."""
    if FILE not in files:
        return []
    try:
        entries = _entries(files[FILE])
    except Invalid as error:
        return [Finding(FILE, "", "", "channel.syntax", "error", error.message, error.remedy, dict(error.params))]
    return [found for code, entry in entries.items() for found in _problems(code, entry)]


def _problems(code: str, entry: Mapping[str, Any]) -> Iterator[Finding]:
    if len(code) > LONGEST:
        message, remedy = N_("The code of channel %(channel)s is too long."), N_("Use at most 20 characters.")
        yield Finding(FILE, code, "", "channel.code", "error", message, remedy, {"channel": code})
    for sign in (sign for sign in SIGNS if not isinstance(entry.get(sign, False), bool)):
        message, remedy = N_("Channel %(channel)s: %(sign)s is neither true nor false."), N_("Write true or false.")
        yield Finding(FILE, code, "", "channel.value", "error", message, remedy, {"channel": code, "sign": sign})
    for sign in sorted(set(entry) - {"name", *SIGNS}):
        message, remedy = (
            N_("Channel %(channel)s says %(sign)s, which means nothing."),
            N_("Use api, customerless or staffed."),
        )
        yield Finding(FILE, code, "", "channel.sign", "error", message, remedy, {"channel": code, "sign": sign})


def _all(tx: Tx) -> Mapping[str, Mapping[str, Any]]:
    shipped = _read(policy.shipped(POLICY))
    try:
        own = _read(policy.read(tx, POLICY))
    except Missing:
        # A house whose owner keeps policies of his own from before there were channels takes all that are shipped.
        return shipped
    return {**{code: shipped[code] for code in HOUSE}, **own}


def _entries(content: bytes) -> Mapping[str, Mapping[str, Any]]:
    return _read(policy.parse(content, FILE))


def _read(data: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    given = data.get(POLICY)
    entries = given if isinstance(given, Mapping) else {}
    return {str(code): entry if isinstance(entry, Mapping) else {} for code, entry in entries.items()}


def _name(entry: Mapping[str, Any], language: str) -> str:
    texts = entry.get("name")
    return str(texts.get(language) or texts.get("en") or "") if isinstance(texts, Mapping) else ""
