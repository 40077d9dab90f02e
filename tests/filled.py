"""Databases that are filled once in a run and copied, with the folder beside them, for each test that begins there."""

import os
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from loopdesk.engine.db import default_url

Told = TypeVar("Told")
Fill = Callable[[str, Path], Told]
"""Fills an empty database (its URL) and the folder of its house; nobody may be connected when it returns. What it
tells of the house is given to each test."""
_numbers = count()
_left: list[str] = []
"""Databases of tests that are over; dropped a test later, when their connections are surely gone: PostgreSQL waits a
tenth of a second for one that is just closing."""
_filled: dict[tuple[str, str], tuple[Path, str, Any]] = {}
"""Of this process: the folder and the database on PostgreSQL to copy, and what was told of them."""


class Filled:
    """What one test begins with; asked again for the same it hands out the same."""

    def __init__(self, ask: Callable[[str], Any], folder: Path, new_folder: Callable[[str], Path]) -> None:
        """``ask`` gives a fixture by its name; copies come into ``folder``, what is copied into a ``new_folder``."""
        self._ask = ask
        self._folder = folder
        self._new_folder = new_folder
        self._given: dict[tuple[str, str], tuple[str, Any]] = {}
        self._made: list[str] = []

    def __call__(self, kind: str, name: str, fill: Fill[Told]) -> tuple[str, Told]:
        """A copy of the ``sqlite`` or ``postgres`` database ``name``: its URL, and what ``fill`` has told of it."""
        key = kind, name
        if key not in self._given:
            if key not in _filled:
                _filled[key] = self._fill(kind, name, fill)
            source, template, told = _filled[key]
            shutil.copytree(source, self._folder, dirs_exist_ok=True)
            self._given[key] = self._copied(kind, template), told
        return self._given[key]

    def _fill(self, kind: str, name: str, fill: Fill[Told]) -> tuple[Path, str, Told]:
        folder = self._new_folder(name)
        if kind == "sqlite":
            shutil.copy(self._ask("sqlite_template"), folder / "loopdesk.sqlite")
            return folder, "", fill(default_url(folder), folder)
        made = f"filled_{name}_{os.getpid()}_{next(_numbers)}"
        url = create(self._ask("postgres_server"), made, self._ask("postgres_template"))
        return folder, made, fill(url, folder)

    def _copied(self, kind: str, template: str) -> str:
        if kind == "sqlite":
            return default_url(self._folder)
        self._made.append(f"{template}_{next(_numbers)}")
        return create(self._ask("postgres_server"), self._made[-1], template)

    def leave(self) -> None:
        """The test is over."""
        for name in self._made:
            leave(name)


def create(server: str, name: str, template: str) -> str:
    """A copy of the database ``template`` on a PostgreSQL: its URL. What tests have left there is dropped."""
    with psycopg.connect(server, autocommit=True) as conn:
        while _left:
            conn.execute(f"DROP DATABASE {_left.pop()} WITH (FORCE)")
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return server.replace("/postgres?", f"/{name}?")


def leave(name: str) -> None:
    """A test does not need its database on PostgreSQL any more."""
    _left.append(name)
