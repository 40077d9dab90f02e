"""Small helpers of the tests: ports, and waiting for something with a deadline instead of sleeping."""

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import redis

from loopdesk.engine import redis_server


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


def start_redis(url: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start a Redis at the URL and wait until it answers."""
    process = subprocess.Popen(redis_server.command(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stdin
    process.stdin.write(redis_server.configuration(url, folder))
    process.stdin.close()
    eventually(lambda: answers(url))
    return process


def answers(redis_url: str) -> bool:
    """Whether a Redis answers at the URL."""
    try:
        with redis.Redis.from_url(redis_url, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.exceptions.RedisError:
        return False
