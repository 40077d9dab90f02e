"""Migrations: running instances go on with another version of their process."""

from typing import Any

import marshmallow as ma
from flask_babel import gettext
from flask_smorest import Blueprint

from loopdesk.desk.choices import PROCESS
from loopdesk.engine import migration
from loopdesk.engine.migration_rows import FAILED, FINISHED, MIGRATED, PAUSED, RUNNING, WAITING
from loopdesk.web import version_words
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.filters import Chosen
from loopdesk.web.api.schemas import Query, Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("migrations", __name__, url_prefix="/migrations", description="Running instances change version")

ITEMS = (WAITING, MIGRATED, FAILED)


class Wanted(Strict):
    """Which instances, from which version to which."""

    process = ma.fields.String(required=True, validate=ma.validate.Length(1, 100))
    source = ma.fields.Integer(required=True, validate=ma.validate.Range(1))
    target = ma.fields.Integer(required=True, validate=ma.validate.Range(1))
    mapping = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.String(),
        load_default=dict,
        metadata={"description": "Old element id -> new one; not needed where id and kind are the same."},
    )
    only = ma.fields.List(  # type: ignore[assignment]  # the field is named as marshmallow's own option of a schema
        ma.fields.String(),
        load_default=list,
        validate=ma.validate.Length(max=10_000),
        metadata={"description": "Ids of instances or numbers of cases; all that run on the source when left out."},
    )
    recompute = ma.fields.Boolean(
        load_default=False, metadata={"description": "Count timers anew whose text has changed."}
    )


class NewMigration(Wanted):
    """What to carry over, and how."""

    note = ma.fields.String(load_default="", validate=ma.validate.Length(max=2000))


class PreviewWanted(Wanted):
    """What to look at."""

    limit = ma.fields.Integer(load_default=migration.PREVIEWED, validate=ma.validate.Range(1, 10_000))


class Reason(ma.Schema):
    """Why an instance stays with its version."""

    element = ma.fields.String()
    reason = ma.fields.String()


class LookOut(ma.Schema):
    """One instance of a preview."""

    instance = ma.fields.String()
    key = ma.fields.String(metadata={"description": "Number of the case."})
    process = ma.fields.String()
    moves = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String())
    reasons = ma.fields.List(ma.fields.Nested(Reason))


class PreviewOut(ma.Schema):
    """What a migration would do."""

    source = ma.fields.Integer()
    target = ma.fields.Integer()
    total = ma.fields.Integer(metadata={"description": "Instances that it is about."})
    shown = ma.fields.Integer(metadata={"description": "Instances that were looked at."})
    refused = ma.fields.Integer(metadata={"description": "Of these, those that cannot move."})
    suggested = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String())
    instances = ma.fields.List(ma.fields.Nested(LookOut))


class MigrationOut(ma.Schema):
    """One migration and how far it is."""

    id = ma.fields.String()
    process = ma.fields.String()
    source = ma.fields.Integer()
    target = ma.fields.Integer()
    mapping = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String())
    recompute = ma.fields.Boolean()
    note = ma.fields.String()
    state = ma.fields.String(metadata={"enum": [RUNNING, PAUSED, FINISHED]})
    author = ma.fields.String()
    created_at = ma.fields.AwareDateTime()
    ended_at = ma.fields.AwareDateTime(allow_none=True)
    waiting = ma.fields.Integer()
    migrated = ma.fields.Integer()
    failed = ma.fields.Integer()


class Migrations(ma.Schema):
    """Migrations, newest first."""

    migrations = ma.fields.List(ma.fields.Nested(MigrationOut))


class ItemOut(ma.Schema):
    """What became of one instance."""

    instance = ma.fields.String()
    key = ma.fields.String()
    state = ma.fields.String(metadata={"enum": list(ITEMS)})
    at = ma.fields.AwareDateTime(allow_none=True)
    reasons = ma.fields.List(ma.fields.Nested(Reason))


class MigratedInstances(ma.Schema):
    """Instances of a migration, in the order of their ids."""

    instances = ma.fields.List(ma.fields.Nested(ItemOut))


class Filter(Query):
    """Of which process."""

    process = Chosen(PROCESS, load_default="")


class ItemFilter(Query):
    """Which instances, and those behind which one."""

    state = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", *ITEMS)))
    after = ma.fields.String(load_default="")
    limit = ma.fields.Integer(load_default=100, validate=ma.validate.Range(1, 1000))


@blueprint.get("")
@scoped("definitions:read")
@blueprint.arguments(Filter, location="query")
@blueprint.response(200, Migrations)
def listing(query: dict[str, Any]) -> Any:
    """List the last migrations, of one process or of all."""
    with read_tx() as tx:
        found = migration.listing(actor(), tx, query["process"])
    return {"migrations": [version_words.job(row) for row in found]}


@blueprint.post("/preview")
@scoped("definitions:write")
@blueprint.arguments(PreviewWanted)
@blueprint.response(200, PreviewOut)
def preview(body: dict[str, Any]) -> Any:
    """Look at what a migration would do: for each instance its mapping, or why it cannot move. Changes nothing."""
    name, source, target = (body.pop(key) for key in ("process", "source", "target"))
    with read_tx() as tx:
        return version_words.preview(migration.preview(actor(), tx, name, source, target, **body), gettext)


@blueprint.post("")
@scoped("definitions:write")
@blueprint.arguments(NewMigration)
@blueprint.response(202, MigrationOut)
def start(body: dict[str, Any]) -> Any:
    """Carry instances over to another version; workers do it in batches."""
    name, source, target = (body.pop(key) for key in ("process", "source", "target"))
    with open_tx() as tx:
        job = migration.start(actor(), tx, name, source, target, **body)
        return version_words.job(migration.get(actor(), tx, job))


@blueprint.get("/<migration_id>")
@scoped("definitions:read")
@blueprint.response(200, MigrationOut)
def read(migration_id: str) -> Any:
    """Read how far a migration is."""
    with read_tx() as tx:
        return version_words.job(migration.get(actor(), tx, migration_id))


@blueprint.get("/<migration_id>/instances")
@scoped("definitions:read")
@blueprint.arguments(ItemFilter, location="query")
@blueprint.response(200, MigratedInstances)
def items(query: dict[str, Any], migration_id: str) -> Any:
    """Read what became of each instance; those that stayed say why."""
    with read_tx() as tx:
        migration.get(actor(), tx, migration_id)
        found = migration.items(actor(), tx, migration_id, **query)
    return {"instances": [version_words.item(row, gettext) for row in found]}


@blueprint.post("/<migration_id>/pause")
@scoped("definitions:write")
@blueprint.response(200, MigrationOut)
def pause(migration_id: str) -> Any:
    """Let a migration rest after the batch in hand."""
    with open_tx() as tx:
        migration.pause(actor(), tx, migration_id)
        return version_words.job(migration.get(actor(), tx, migration_id))


@blueprint.post("/<migration_id>/resume")
@scoped("definitions:write")
@blueprint.response(200, MigrationOut)
def resume(migration_id: str) -> Any:
    """Let a paused migration go on with what is left."""
    with open_tx() as tx:
        migration.resume(actor(), tx, migration_id)
        return version_words.job(migration.get(actor(), tx, migration_id))
