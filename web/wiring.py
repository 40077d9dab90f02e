"""The one place that joins the rooms: what the engine asks of the desk, what leaves through which connector.

Web, worker, poller, mail intake, commands and tests all start here. Nothing is kept outside the ``Loopdesk`` that is
handed back, so several live in one process.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from loopdesk.connectors import delivery
from loopdesk.connectors import inbound as raw_mails
from loopdesk.connectors.base import Connector
from loopdesk.connectors.console import Console
from loopdesk.connectors.email import Email, Server
from loopdesk.connectors.http import Http
from loopdesk.connectors.registry import Registry
from loopdesk.connectors.rooms import RoomWishes
from loopdesk.connectors.webhook import Webhook
from loopdesk.desk import (
    actions,
    attachments,
    bundle_checks,
    calendars,
    casefile,
    communications,
    departments,
    emergency,
    facts,
    figures,
    operations,
    people,
    raci,
    retention,
    rights,
)
from loopdesk.desk.classification import examples as classification_examples
from loopdesk.desk.classification import learning as classification_learning
from loopdesk.desk.contacting import watch as contacting_watch
from loopdesk.desk.drills import coverage as drill_coverage
from loopdesk.desk.duplicates import links as case_links
from loopdesk.desk.duplicates import problems
from loopdesk.desk.emergency import letters as emergency_letters
from loopdesk.desk.raci import promises
from loopdesk.desk.runbooks import review as runbook_review
from loopdesk.desk.sentiment import learning as sentiment_learning
from loopdesk.desk.sentiment import look as sentiment_look
from loopdesk.desk.sla import recount
from loopdesk.desk.store import FolderStore, Store
from loopdesk.desk.war_room import rooms
from loopdesk.engine import audit, bulk, bundles, jobs, late_starts, messages, migration, periodic, runner
from loopdesk.engine.actor import SYSTEM, TIMER, Actor
from loopdesk.engine.clock import Clock, SystemClock
from loopdesk.engine.db import Database
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files, Host
from loopdesk.engine.outbox import Handlers, Row
from loopdesk.engine.periodic import Periodic
from loopdesk.engine.scripts import Sandbox
from loopdesk.engine.storable import storable
from loopdesk.engine.tx import Engine, Tx
from loopdesk.forms import form, translation, validation
from loopdesk.web import inbound, record_pdf
from loopdesk.web.identity import Identity, LocalIdentity
from loopdesk.web.settings import Settings
from loopdesk.web.stores import stores

SUBJECTS = (classification_learning.TYPES, sentiment_learning.MOODS)
"""What the house learns to tell of texts."""
CONSOLE = "console:"
"""The SMTP_URL of a developer who wants to read mails in the terminal."""


@dataclass(frozen=True)
class Loopdesk:
    """One running product: everything a process of it needs."""

    settings: Settings
    engine: Engine
    handlers: Handlers
    periodic: tuple[Periodic, ...]
    registry: Registry
    store: Store
    identity: Identity
    redis: "redis.Redis | None"
    sandbox: Sandbox

    def close(self) -> None:
        """Give connections back."""
        self.engine.database.close()
        self.sandbox.close()
        if self.redis is not None:
            self.redis.close()


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    identity: Identity | None = None,
    connectors: Sequence[Connector] | None = None,
) -> Loopdesk:
    """Join the rooms as ``settings`` say; opens no connection. ``identity`` is ours unless a host brings its own.

    With ``connectors`` those stand in for all that the settings would connect.
    """
    clock = clock or SystemClock()
    store = FolderStore(settings.attachments)
    registry = Registry(_connectors(settings, clock) if connectors is None else connectors)
    engine = Engine(Database(settings.database_url), clock, Host(), _waker(settings))
    engine.host = replace(_host(engine, registry, store, settings.url), zone=settings.zone)
    sandbox = Sandbox()
    if settings.python_scripts:
        engine.host = replace(engine.host, run_script=sandbox.run)
    chores = _periodic(settings, store)
    return Loopdesk(
        settings=settings,
        engine=engine,
        handlers=_handlers(settings, engine, registry, store, chores),
        periodic=chores,
        registry=registry,
        store=store,
        identity=identity or LocalIdentity(),
        redis=_redis(settings.redis_url) if settings.redis_url else None,
        sandbox=sandbox,
    )


def _redis(url: str) -> "redis.Redis":
    # Asked only whether it is there: the answer has to come soon, not after the client's own retries.
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0))


def _connectors(settings: Settings, clock: Clock) -> list[Connector]:
    connectors: list[Connector] = [Webhook(Http(clock), settings.webhook_hosts.split(","))]
    if settings.smtp_url == CONSOLE:
        connectors.append(Console(settings.mail_from))
    elif settings.smtp_url:
        connectors.append(Email(Server.from_url(settings.smtp_url), settings.mail_from))
    return connectors


def _waker(settings: Settings) -> Callable[[], None]:
    # Without Redis nobody is woken; the poller looks twice a second.
    return jobs.wake(settings.redis_url) if settings.redis_url else lambda: None


def _host(engine: Engine, registry: Registry, store: Store, base_url: str) -> Host:
    def validate(file: bytes, data: Mapping[str, Any], scope: Mapping[str, Any]) -> dict[str, Any]:
        return validation.validate(form.read(file), data, scope=scope)

    def check(running: Tx | None, name: str, files: Files) -> list[Finding]:
        with nullcontext(running) if running else engine.read() as tx:
            return _findings(tx, name, files, registry)

    def calendar_names(running: Tx | None) -> Collection[str] | None:
        with nullcontext(running) if running else engine.read() as tx:
            return calendars.usable(tx)

    return Host(
        operations=operations.build(base_url, store),
        effects=registry.effects,
        facts=facts.of_instance,
        calendar=calendars.get,
        calendar_names=calendar_names,
        deployed=_deployed,
        fact_names=facts.NAMES,
        assign=raci.assign,
        together=raci.together,
        tasked=promises.tasked,
        watched=promises.watched,
        moved=promises.moved,
        validate=validate,
        translate=translation.translate,
        may_work=rights.may_work,
        sees=rights.sees,
        check=check,
    )


def _findings(tx: Tx, name: str, files: Files, registry: Registry) -> list[Finding]:
    def works_here(name: str) -> bool:
        return people.find(tx, name) is not None

    def others() -> dict[str, Files]:
        return {str(one["name"]): bundles.get(tx, one["id"]).files for one in bundles.listing(SYSTEM, tx)}

    return bundle_checks.check(
        name,
        files,
        person=works_here,
        others=others,
        departments=departments.codes(tx),
        classes=classification_examples.current_classes(tx),
        kinds=emergency.kinds(tx),
        channels=registry.channels,
    )


def _deployed(actor: Actor, tx: Tx, bundle: str) -> None:
    """What waits on a calendar counts again once other policies are the current ones: timers, tasks and clocks."""
    calendars.changed(actor, tx, bundle)
    recount.deployed(actor, tx, bundle)
    runbook_review.deployed(actor, tx, bundle)


def _periodic(settings: Settings, store: Store) -> tuple[Periodic, ...]:
    """The house-keeping of this desk, for the poller to start and the workers to do."""

    def sweep(tx: Tx) -> None:
        attachments.sweep(TIMER, tx, store)

    def expire(tx: Tx) -> None:
        messages.expire(tx)

    def look_at_runbooks(tx: Tx) -> None:
        runbook_review.look(tx, settings.url)

    def look_at_drills(tx: Tx) -> None:
        drill_coverage.look(tx, settings.url)

    return (
        Periodic("attachments.sweep", timedelta(days=1), sweep),
        Periodic("messages.expire", timedelta(minutes=1), expire),
        Periodic("audit.chain", timedelta(minutes=1), audit.job),
        Periodic("casefile.look", timedelta(minutes=10), casefile.look),
        Periodic("notices.watch", timedelta(minutes=1), contacting_watch.look),
        Periodic("classification.look", timedelta(minutes=1), classification_learning.look),
        Periodic("drills.look", timedelta(hours=12), look_at_drills),
        Periodic("figures.keep", timedelta(seconds=15), figures.run),
        Periodic("runbooks.look", timedelta(minutes=10), look_at_runbooks),
        Periodic("sentiment.look", timedelta(minutes=1), sentiment_look.look),
        Periodic("sentiment.learn", timedelta(minutes=1), sentiment_learning.look),
        Periodic("retention.run", timedelta(minutes=10), _retaining(settings)),
    )


def _retaining(settings: Settings) -> Callable[[Tx], None]:
    def retain(tx: Tx) -> None:
        retention.run(TIMER, tx, keeper(settings))

    return retain


def keeper(settings: Settings) -> retention.Keeper:
    """What applying the retention policies needs of the other rooms."""
    return retention.Keeper(stores(settings), raw_mails.expire)


def _handlers(
    settings: Settings, engine: Engine, registry: Registry, store: Store, chores: Sequence[Periodic] = ()
) -> Handlers:
    def sent(tx: Tx, payload: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        communications.settle(tx, payload["communication"], carried=str(result.get("connector") or ""))

    def not_sent(tx: Tx, row: Row, error: Exception) -> None:
        communications.settle(tx, row.payload["communication"], error=storable(str(error)))

    own = [parseaddr(settings.mail_from)[1]]
    mail = inbound.local_handlers(store, base_url=settings.url, own=own, language=settings.language)
    leaving: dict[str, delivery.Delivery | delivery.Effects | RoomWishes] = {
        "send": delivery.Delivery(registry, engine.clock, sent),
        "effect": delivery.Effects(registry, runner.settle_effect),
        # A message that belongs to no case, such as the way into the portal: sent is all there is to know.
        "letter": delivery.Delivery(registry, engine.clock, lambda *_: None),
        rooms.KIND: RoomWishes(registry, engine.clock, rooms.settle),
    }
    return Handlers(
        local={
            **runner.local_handlers(),
            **late_starts.local_handlers(),
            **problems.local_handlers(settings.url),
            **case_links.local_handlers(settings.url),
            **actions.local_handlers(settings.url),
            **emergency_letters.local_handlers(settings.url),
            **bulk.local_handlers(),
            **recount.local_handlers(),
            **figures.local_handlers(),
            **migration.local_handlers(),
            **promises.local_handlers(settings.url, language=settings.language, zone=settings.zone),
            **record_pdf.local_handlers(store, language=settings.language, zone=settings.zone),
            **mail,
            **periodic.handlers(chores),
        },
        remote={**leaving, classification_learning.KIND: classification_learning.Training(engine, SUBJECTS)},
        given_up={"send": not_sent, rooms.KIND: rooms.failed},
        wanted={"effect": runner.still_wanted},
        retries={kind: one.retries for kind, one in leaving.items()},
    )
