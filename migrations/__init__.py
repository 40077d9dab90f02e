"""Brings a database to the schema that this release of Loopdesk needs."""

import importlib
import logging
import pkgutil

import sqlalchemy as sa

import loopdesk.desk
import loopdesk.engine
from loopdesk.engine.db import SCHEMA, Database, metadata


def upgrade(database: Database) -> None:
    """Create what is missing; safe to call at each start. (Until the first migration is written: all known tables.)"""
    for package in (loopdesk.engine, loopdesk.desk):
        for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            try:
                importlib.import_module(module.name)
            except (ImportError, SyntaxError, NameError, AttributeError) as error:
                logging.getLogger(__name__).warning("%s: %s", module.name, error)
    with database.engine.begin() as conn:
        if not database.is_sqlite:
            conn.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        metadata.create_all(conn, tables=_complete())


def _complete() -> list[sa.Table]:
    tables = list(metadata.tables.values())
    while True:
        names = {table.name for table in tables}
        kept = [t for t in tables if all(k.target_fullname.split(".")[0] in names for k in t.foreign_keys)]
        if len(kept) == len(tables):
            return kept
        tables = kept
