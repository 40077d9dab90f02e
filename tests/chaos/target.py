"""The other system: a real HTTP server that counts the deliveries of each idempotency key, and has bad days."""

import json
import random
import socket
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any, Self

TROUBLES = ("fails", "is busy", "drops the line", "hangs")
STEADY = 3
"""From this delivery of a key on, everything goes well: no effect uses up its attempts."""


@dataclass
class Target:
    """Takes effects. ``troubles`` are the chances of ``TROUBLES`` at a delivery, ``hang`` the seconds of a silence."""

    seed: int
    troubles: tuple[float, ...] = (0.05, 0.03, 0.04, 0.005)
    hang: float = 20.0
    deliveries: Counter[str] = field(default_factory=Counter)
    taken: dict[str, int] = field(default_factory=dict)
    """Key -> the number that its effect got here, the same at each delivery."""
    bodies: dict[str, Any] = field(default_factory=dict)
    differing: set[str] = field(default_factory=set)
    """Keys that came with another body than before."""
    seen: Counter[str] = field(default_factory=Counter)
    """Trouble -> how often it was made."""
    held: Event | None = None
    """Set by a test that wants to look while a delivery is in hand: answers wait for it."""

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._closing = Event()
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"target": self}))
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def host(self) -> str:
        """What LOOPDESK_WEBHOOK_HOSTS has to name."""
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """Where effects go."""
        return f"http://{self.host}/effects"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def arrive(self, key: str) -> str:
        """Count a delivery and choose what goes wrong with it; empty when nothing does."""
        with self._lock:
            self.deliveries[key] += 1
            number = self.deliveries[key]
        if number >= STEADY:
            return ""
        dice = random.Random(f"{self.seed} {key.rpartition(':')[2]} {number} {len(self.taken)}")
        (chosen,) = dice.choices(("", *TROUBLES), (1 - sum(self.troubles), *self.troubles))
        if chosen:
            self.seen[chosen] += 1
        return chosen

    def take(self, key: str, body: Any) -> int:
        """Do what is asked, once for each key."""
        with self._lock:
            if self.bodies.setdefault(key, body) != body:
                self.differing.add(key)
            return self.taken.setdefault(key, len(self.taken) + 1)

    def wait(self, seconds: float) -> None:
        """Say nothing for a while, unless the server closes."""
        self._closing.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed has hung up: nothing to say about it."""


class _Handler(BaseHTTPRequestHandler):
    """Answers for the target that the server was made for."""

    protocol_version = "HTTP/1.1"
    target: Target

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key, target = self.headers["Idempotency-Key"], self.target
        trouble = target.arrive(key)
        if target.held is not None:
            target.held.wait(60)
        if trouble == "fails":
            return self.answer(500, {"error": "a bad day"})
        if trouble == "is busy":
            return self.answer(429, {"error": "too many"}, {"Retry-After": "1"})
        number = target.take(key, json.loads(raw))
        if trouble == "hangs":
            target.wait(target.hang)
        return self.drop() if trouble else self.answer(200, {"number": number})

    def answer(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass
