"""Any system that takes JSON by HTTP POST: a service task of type ``http.post``."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from loopdesk.connectors.base import Field
from loopdesk.connectors.http import Http
from loopdesk.engine.errors import N_, Invalid, Refused


class Webhook:
    """Posts a service task's ``body`` to its ``url``; the answer's status and body are the task's result."""

    name = "webhook"
    title = N_("Webhook")
    hint = N_("Posts JSON to any system; service tasks of type http.post.")
    effects = frozenset({"http.post"})
    fields: tuple[Field, ...] = (
        Field(
            "LOOPDESK_WEBHOOK_HOSTS",
            N_("Allowed hosts"),
            "text",
            N_("Hosts that diagrams may post to, comma between them"),
        ),
    )

    def __init__(self, http: Http, hosts: Iterable[str]) -> None:
        """Post only to ``hosts``: a diagram must not reach into the company's network.

        ``host`` means its ordinary port; an address that names a port needs ``host:port``.
        """
        self._http = http
        self._hosts = frozenset(host.strip().lower() for host in hosts if host.strip())

    def check(self) -> None:
        """Nothing to reach before a diagram names an address."""

    def perform(self, effect: str, inputs: Mapping[str, Any], idempotency_key: str) -> dict[str, Any]:
        """Post ``inputs["body"]`` with optional ``headers``; an answer in JSON stays JSON.

        Statuses of ``answers`` (4xx) are answers too, for a diagram that knows what to do with a no.
        """
        url = str(inputs.get("url") or "")
        self._check_host(url)
        headers = inputs.get("headers") or {}
        if not isinstance(headers, Mapping):
            raise Invalid("The headers of %(effect)s must be a context of texts.", effect=effect)
        answer = self._http.request(
            "POST",
            url,
            headers={str(name): str(value) for name, value in headers.items()},
            body=inputs.get("body"),
            idempotency_key=idempotency_key,
            answers=_statuses(effect, inputs.get("answers") or ()),
        )
        return {"status": answer.status, "body": answer.body}

    def _check_host(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            places = {f"{parts.hostname}:{parts.port}"} if parts.port else {parts.hostname or ""} - {""}
        except ValueError as error:
            raise Invalid("“%(url)s” is not a usable address: %(reason)s", url=url, reason=error) from error
        if parts.scheme not in ("http", "https") or not places:
            raise Invalid("“%(url)s” is not a usable address: %(reason)s", url=url, reason="http(s)://host/…")
        if self._hosts.isdisjoint(places):
            raise Refused(
                "Diagrams may not post to %(host)s.",
                remedy=N_("Add the host to LOOPDESK_WEBHOOK_HOSTS, then retry the incident."),
                host=parts.netloc.rpartition("@")[2],
            )


def _statuses(effect: str, said: Any) -> list[int]:
    """The statuses that a diagram takes for an answer; FEEL's numbers are whole ones or decimals."""
    try:
        return [int(one) for one in said]
    except (TypeError, ValueError) as error:
        raise Invalid("The answers of %(effect)s must be a list of statuses.", effect=effect) from error
