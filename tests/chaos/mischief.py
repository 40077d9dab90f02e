"""What strikes a house: kills, a wiped Redis, a database that restarts; chosen by a seed, one blow after another."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import redis

from loopdesk.tests.chaos.house import FAST, IMMEDIATE, House, Postgres

Blow = Callable[[], bool]


class Mischief(threading.Thread):
    """Strikes every ``pause`` seconds on average; ``done`` counts each kind of blow that hit.

    First comes every kind once, in any order; then, until stopped, what the dice say, or nothing if ``once``.
    """

    def __init__(self, house: House, postgres: Postgres | None, seed: int, pause: float, *, once: bool) -> None:
        super().__init__(name="mischief", daemon=True)
        self._house = house
        self._postgres = postgres
        self._dice = random.Random(f"mischief {seed}")
        self._pause = pause
        self._once = once
        self._stopping = threading.Event()
        self.done: Counter[str] = Counter()
        self.error: Exception | None = None

    def blows(self) -> dict[str, tuple[float, Blow]]:
        """Each kind with its weight; the kills of a kind hit any one of its parts."""
        workers = [name for name in self._house.names() if name.startswith("worker")]
        pollers = [name for name in self._house.names() if name.startswith("poller")]
        found: dict[str, tuple[float, Blow]] = {
            "worker killed": (6.0, lambda: self._house.kill(self._dice.choice(workers))),
            "poller killed": (2.0, lambda: self._house.kill(self._dice.choice(pollers))),
            "web killed": (1.5, lambda: self._house.kill("web")),
            "web's server process killed": (0.5, lambda: self._house.kill_child("web")),
            "Redis wiped": (2.0, self._wipe),
            "Redis killed": (1.0, lambda: self._house.kill("redis")),
        }
        if self._postgres:
            postgres = self._postgres
            found |= {
                "PostgreSQL restarted": (0.6, lambda: self._restart(postgres, FAST)),
                "PostgreSQL crashed": (0.6, lambda: self._restart(postgres, IMMEDIATE)),
                "PostgreSQL process killed": (0.4, lambda: self._kill_backend(postgres)),
            }
        return found

    def run(self) -> None:
        """Strike and strike again."""
        blows = self.blows()
        first = self._dice.sample(sorted(blows), len(blows))
        weights = [blows[name][0] for name in sorted(blows)]
        while not self._stopping.wait(self._dice.uniform(0.5, 1.5) * self._pause):
            if self._once and not first:
                return
            name = first[0] if first else self._dice.choices(sorted(blows), weights)[0]
            try:
                hit = blows[name][1]()
            except Exception as error:  # noqa: BLE001 - told to the run, which fails with it
                self.error = error
                return
            if hit:
                self.done[name] += 1
                first = [one for one in first if one != name]

    def stop(self) -> None:
        """No more blows; raises what a blow failed with."""
        self._stopping.set()
        self.join(60)
        if self.error:
            raise self.error

    @property
    def complete(self) -> bool:
        """Whether each kind of blow has hit once."""
        return all(self.done[name] for name in self.blows())

    def _wipe(self) -> bool:
        with suppress(redis.RedisError), self._house.redis() as client:
            return bool(client.flushall())
        return False

    def _restart(self, postgres: Postgres, mode: str) -> bool:
        postgres.stop(mode)
        self._stopping.wait(self._dice.uniform(0.0, 1.5))
        postgres.start()
        return True

    def _kill_backend(self, postgres: Postgres) -> bool:
        postgres.kill_backend()
        return True
