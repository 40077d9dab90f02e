"""The API under ``/api/v1``: bearer tokens, problem details (RFC 9457), described by OpenAPI 3.1."""

from http import HTTPStatus
from typing import Any

import marshmallow as ma
from flask import Flask
from flask_smorest import Api
from flask_wtf.csrf import CSRFProtect

from loopdesk import __version__
from loopdesk.web.api import (
    acceptances,
    actions,
    alerts,
    cases,
    changes,
    clocks,
    closures,
    communications,
    compensation,
    customers,
    definitions,
    emergencies,
    feedback,
    figures,
    handoffs,
    implementations,
    incidents,
    instances,
    messages,
    migrations,
    operating,
    privacy,
    raci,
    related,
    replay,
    resolution,
    runbooks,
    support,
    tasks,
    themes,
    versions,
)

PREFIX = "/api/v1"


class Problem(ma.Schema):
    """An error of any kind, as RFC 9457 shapes it."""

    type = ma.fields.String(required=True, metadata={"example": "urn:loopdesk:problem:invalid"})
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    instance = ma.fields.String(required=True)
    place = ma.fields.String()
    remedy = ma.fields.String(metadata={"description": "What to do about it."})
    errors = ma.fields.Dict(metadata={"description": "Field -> messages."})
    findings = ma.fields.List(ma.fields.Dict(), metadata={"description": "What a checker has to say about files."})


class OurApi(Api):  # type: ignore[misc]
    """flask-smorest, except that errors are answered by ``web/errors``, pages and API alike."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        pass

    def _register_responses(self) -> None:
        names = [(status.name, status.phrase) for status in HTTPStatus]
        for name, text in [*names, (self.DEFAULT_ERROR_RESPONSE_NAME, "Any other refusal")]:
            answer = {"description": text, "content": {"application/problem+json": {"schema": Problem}}}
            self.spec.components.response(name, answer, lazy=True)


MODULES = (
    cases,
    acceptances,
    communications,
    compensation,
    clocks,
    closures,
    related,
    handoffs,
    implementations,
    changes,
    resolution,
    messages,
    customers,
    tasks,
    themes,
    definitions,
    raci,
    versions,
    migrations,
    instances,
    operating,
    incidents,
    privacy,
    support,
    actions,
    emergencies,
    feedback,
    runbooks,
    alerts,
    figures,
)
BLUEPRINTS = (*(module.blueprint for module in MODULES), incidents.bulk_blueprint, acceptances.benefit_blueprint)
"""In the order of the manual's chapters."""


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Add the API to ``app``. A token cannot be sent by another site's form, so there is no CSRF to guard against."""
    app.config.update(
        API_TITLE="Loopdesk",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
    )
    api = OurApi(app, spec_kwargs=_description())
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint, url_prefix=PREFIX + (blueprint.url_prefix or ""))
        csrf.exempt(blueprint)


def _description() -> dict[str, Any]:
    return {
        "info": {"description": "Cases, tasks, process definitions and instances of a support desk."},
        "security": [{"token": []}],
        "extra_plugins": [replay.Described()],
        "components": {
            "parameters": {replay.NAME: replay.KEY},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Made by `loopdesk token`; each operation names the scope it needs.",
                }
            },
        },
    }
