"""Browsers at the door and inside: the sign-in form sent, a person signed in."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from loopdesk.desk import customers, people
from loopdesk.tests.web.conftest import PASSWORD


def sign_in(app: Flask, login: str = "admin", password: str = PASSWORD, **options: Any) -> tuple[FlaskClient, Any]:
    """A browser after it has sent the sign-in form."""
    client = app.test_client()
    token = csrf_of(app, client)
    data = {"login": login, "password": password, "csrf_token": token, **options}
    return client, client.post("/sign-in", data=data)


def csrf_of(app: Flask, client: FlaskClient) -> str:
    """The token that a page of this browser would carry."""
    with client.session_transaction() as session:
        session["csrf_token"] = "of this session"
    return str(URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token").dumps("of this session"))


def as_person(app: Flask, login: str) -> FlaskClient:
    """A browser in which ``login`` is signed in."""
    client = app.test_client()
    with app.extensions["loopdesk"].engine.read() as tx:
        person = people.by_login(tx, login)
    assert person is not None
    with client.session_transaction() as session:
        session["person"] = person.id
    return client


def as_contact(app: Flask, email: str) -> FlaskClient:
    """A browser in which the customer with that address is signed in."""
    client = app.test_client()
    with app.extensions["loopdesk"].engine.read() as tx:
        contact = customers.contact_by_email(tx, email)
    assert contact is not None
    with client.session_transaction() as session:
        session["contact"] = contact.id
    return client
