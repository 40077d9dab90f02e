"""HTTP to outside systems: limits on time and size, and every answer mapped to an error family (architecture §6)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from ssl import SSLContext
from typing import Any

import httpx
import orjson

from loopdesk.engine.clock import Clock
from loopdesk.engine.errors import N_, Away, Invalid, LoopdeskError, Refused

ANSWER_BYTES = 1_000_000
"""The longest answer that is read, in bytes; a longer one is cut off with ``Refused``."""
# 408 timeout, 425 too early, 429 too many: the same request may succeed later (RFC 9110 §15.5.9, RFC 8470, RFC 6585).
_LATER = frozenset({408, 425, 429})
_WRONG = frozenset({400, 413, 415, 422})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: ``body`` is decoded JSON where the answer is JSON, else text."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Http:
    """A client that never follows redirects and always gives up in time."""

    def __init__(self, clock: Clock, *, timeout: float = 15.0, transport: httpx.BaseTransport | None = None) -> None:
        """``timeout`` in seconds for connecting and for each read; ``clock`` reads dates in ``Retry-After``."""
        self._clock = clock
        self._client = httpx.Client(verify=_trust(), timeout=timeout, transport=transport, follow_redirects=False)

    def close(self) -> None:
        """Close idle connections."""
        self._client.close()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        idempotency_key: str = "",
        answers: Collection[int] = (),
    ) -> Answer:
        """Send ``body`` as JSON and read the answer.

        Raises ``Away`` on no answer, 408, 425, 429 and 5xx (with ``retry_after`` where the system named it, and
        ``limited`` where it only asks for patience),
        ``Invalid`` on 400, 413, 415, 422 and a bad address, ``Refused`` on every other answer that is not 2xx. A status
        of ``answers`` (400 to 499, none that asks to come later) is an answer like any other.
        """
        sent = {"Accept": "application/json", **(headers or {})}
        content = None
        if body is not None:
            content = orjson.dumps(body, default=str)
            sent["Content-Type"] = "application/json"
        if idempotency_key:
            sent["Idempotency-Key"] = idempotency_key
        try:
            with self._client.stream(method, url, headers=sent, content=content) as response:
                return self._answer(response, frozenset(answers) - _LATER)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
            raise Invalid("“%(url)s” is not a usable address: %(reason)s", url=url, reason=error) from error
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise Away("%(host)s does not answer: %(reason)s", host=_host(url), reason=reason) from error

    def _answer(self, response: httpx.Response, answers: Collection[int]) -> Answer:
        raw = bytearray()
        for chunk in response.iter_bytes():
            raw += chunk
            if len(raw) > ANSWER_BYTES:
                raise Refused(
                    "%(host)s answered with more than %(limit)d bytes.", host=response.url.host, limit=ANSWER_BYTES
                )
        body = _decode(bytes(raw), response)
        if not response.is_success and not (response.is_client_error and response.status_code in answers):
            raise self._error(response, body)
        return Answer(response.status_code, dict(response.headers), body)

    def _error(self, response: httpx.Response, body: Any) -> LoopdeskError:
        status, host = response.status_code, response.url.host
        message = N_("%(host)s answered %(status)d: %(answer)s")
        answer = str(body)[:500]
        if status in _LATER or status >= 500:
            retry_after = self._retry_after(response)
            # 503 with a moment to come back at is a request for patience as well (RFC 9110 §15.6.4).
            limited = status == 429 or (status == 503 and retry_after is not None)
            return Away(message, retry_after=retry_after, limited=limited, host=host, status=status, answer=answer)
        family = Invalid if status in _WRONG else Refused
        return family(message, host=host, status=status, answer=answer)

    def _retry_after(self, response: httpx.Response) -> float | None:
        """Seconds to wait (RFC 9110 §10.2.3: a number of seconds, or a date), or None when not said legibly."""
        value = response.headers.get("Retry-After", "").strip()
        if value.isdecimal():
            return float(value)
        try:
            return max(0.0, (parsedate_to_datetime(value) - self._clock.now()).total_seconds())
        except (TypeError, ValueError):
            return None


@cache
def _trust() -> SSLContext:
    # Reading what this machine trusts takes a twentieth of a second, and it is the same for each client of a process.
    return httpx.create_ssl_context()


def _decode(raw: bytes, response: httpx.Response) -> Any:
    if "json" in response.headers.get("Content-Type", ""):
        try:
            return orjson.loads(raw) if raw else None
        except orjson.JSONDecodeError:
            pass  # A system that says JSON and sends something else: its text is what the incident has to show.
    return raw.decode(response.encoding or "utf-8", errors="replace")


def _host(url: str) -> str:
    return httpx.URL(url).host
