"""HTTP out, against a real server on loopback: what each answer means, and the webhook of service tasks."""

import threading
from datetime import UTC, datetime

import pytest

from loopdesk.connectors.base import Performs
from loopdesk.connectors.http import ANSWER_BYTES, Http
from loopdesk.connectors.webhook import Webhook
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Away, Invalid, LoopdeskError, Refused
from loopdesk.tests.peers.http import HttpPeer
from loopdesk.tests.support import free_port

CLOCK = VirtualClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


def http(timeout: float = 5) -> Http:
    return Http(CLOCK, timeout=timeout)


def test_json_goes_out_and_comes_back() -> None:
    with HttpPeer(body='{"号": 1}'.encode()) as peer:
        answer = http().request(
            "POST", peer.url, body={"案": "甲"}, idempotency_key="effect:7", headers={"X-Team": "L2"}
        )
        assert (answer.status, answer.body) == (200, {"号": 1})
        asked = peer.asked[0]
        assert asked.body == {"案": "甲"}
        assert asked.headers["Idempotency-Key"] == "effect:7"
        assert asked.headers["X-Team"] == "L2"


@pytest.mark.parametrize(
    ("status", "family"),
    [
        (408, Away),
        (429, Away),
        (500, Away),
        (503, Away),
        (401, Refused),
        (404, Refused),
        (302, Refused),
        (400, Invalid),
        (422, Invalid),
    ],
)
def test_an_answer_belongs_to_a_family(status: int, family: type[LoopdeskError]) -> None:
    with HttpPeer(status=status, body=b'"no"') as peer, pytest.raises(family) as caught:
        http().request("POST", peer.url)
    assert type(caught.value) is family
    assert str(status) in caught.value.text()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("17", 17.0),
        ("Mon, 02 Mar 2026 09:02:00 GMT", 120.0),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_honoured(said: str, seconds: float | None) -> None:
    with HttpPeer(status=429, headers={"Retry-After": said}) as peer, pytest.raises(Away) as caught:
        http().request("POST", peer.url)
    assert caught.value.retry_after == seconds


def test_nobody_listens() -> None:
    with pytest.raises(Away, match="does not answer"):
        http().request("POST", f"http://127.0.0.1:{free_port()}/")


def test_a_system_that_never_answers_is_given_up() -> None:
    with HttpPeer(delay=2) as peer, pytest.raises(Away):
        http(timeout=0.1).request("POST", peer.url)


@pytest.mark.parametrize("url", ["ftp://a.example/", "http://", "no address", "http://a.example:port/"])
def test_a_bad_address_is_invalid(url: str) -> None:
    with pytest.raises(Invalid):
        http().request("POST", url)


def test_an_endless_answer_is_cut_off() -> None:
    with HttpPeer(body=b"x" * (ANSWER_BYTES + 1)) as peer, pytest.raises(Refused):
        http().request("POST", peer.url)


def test_text_that_calls_itself_json_stays_text() -> None:
    with HttpPeer(body=b"<html>") as peer:
        assert http().request("POST", peer.url).body == "<html>"


def test_a_webhook_posts_and_hands_the_answer_back() -> None:
    with HttpPeer(status=201, body=b'{"id": 5}') as peer:
        hook: Performs = Webhook(http(), [peer.host])
        inputs = {"url": peer.url, "body": {"n": 1}, "headers": {"Authorization": "Bearer t"}}
        assert hook.perform("http.post", inputs, "effect:1") == {"status": 201, "body": {"id": 5}}
        assert peer.asked[0].headers["Authorization"] == "Bearer t"
        assert peer.asked[0].headers["Idempotency-Key"] == "effect:1"


@pytest.mark.parametrize(
    ("url", "family"),
    [
        ("http://169.254.169.254/latest", Refused),
        ("http://allowed.example.evil.example/", Refused),
        ("http://allowed.example@evil.example/", Refused),
        ("http://allowed.example:8080/", Refused),
        ("file:///etc/passwd", Invalid),
        ("", Invalid),
        ("http://[bad/", Invalid),
    ],
)
def test_a_diagram_reaches_only_hosts_that_were_allowed(url: str, family: type[LoopdeskError]) -> None:
    hook = Webhook(http(), ["allowed.example", " other.example ", ""])
    with pytest.raises(family):
        hook.perform("http.post", {"url": url}, "k")


def test_headers_must_be_a_context() -> None:
    with pytest.raises(Invalid):
        Webhook(http(), ["a.example"]).perform("http.post", {"url": "http://a.example/", "headers": ["x"]}, "k")


def test_many_requests_at_once() -> None:
    with HttpPeer() as peer:
        client = http()
        threads = [threading.Thread(target=client.request, args=("POST", peer.url)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
        assert len(peer.asked) == 8
