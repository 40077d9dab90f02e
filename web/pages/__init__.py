"""The pages of staff: one Blueprint a place of the product."""

from loopdesk.web import looks, portal_entry
from loopdesk.web.pages import (
    account,
    calls,
    cases,
    clocks,
    customer_forms,
    customers,
    definitions,
    files,
    inbox,
    incidents,
    instances,
    migrations,
    people,
    record,
    resolution,
    sla,
    tasks,
    versions,
)

BLUEPRINTS = (
    looks.blueprint,
    account.blueprint,
    inbox.blueprint,
    tasks.blueprint,
    cases.blueprint,
    resolution.blueprint,
    clocks.blueprint,
    record.blueprint,
    calls.blueprint,
    customers.blueprint,
    customer_forms.blueprint,
    files.blueprint,
    definitions.blueprint,
    versions.blueprint,
    migrations.blueprint,
    instances.blueprint,
    incidents.blueprint,
    sla.blueprint,
    people.blueprint,
    portal_entry.blueprint,
)
"""In the order of the navigation; ``looks`` gives every template its words and shapes."""
