"""Small helpers of the tests: ports, and waiting for something with a deadline instead of sleeping."""

import socket
import time
from collections.abc import Callable

import redis


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(holds: Callable[[], object], *, within: float = 10.0) -> None:
    """Wait until ``holds()`` is true; fail after ``within`` seconds."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"still not true after {within} s"
        time.sleep(0.02)


def answers(redis_url: str) -> bool:
    """Whether a Redis answers at the URL."""
    try:
        with redis.Redis.from_url(redis_url, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.exceptions.RedisError:
        return False
