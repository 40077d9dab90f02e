"""A platform that was there before us: own models, sign-in, CSRF, CSP, migrations, error pages, and a `forms.py`."""

import os

from flask import Flask, abort, redirect, render_template_string, request
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_required, login_user, logout_user
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from forms import OrderForm  # type: ignore[attr-defined]
from loopdesk.web import FlaskLoginIdentity, Person, SupportDesk


class Base(DeclarativeBase):
    """The host's own."""


db = SQLAlchemy(model_class=Base)


class Account(db.Model):  # type: ignore[name-defined,misc]
    """Somebody who works with the host."""

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    is_agent: Mapped[bool] = mapped_column(default=False)

    is_authenticated = is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """Flask-Login's key."""
        return str(self.id)


class Order(db.Model):  # type: ignore[name-defined,misc]
    """The host's business."""

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


def person(account: Account) -> Person:
    """What the desk needs to know of an account."""
    return Person(
        id=f"acc-{account.id}",
        login=account.name,
        name=account.name,
        email=f"{account.name}@host.example",
        language="zh",
        roles=("agent",) if account.is_agent else (),
        departments=("support",) if account.is_agent else (),
    )


def everyone() -> list[Person]:
    """All accounts."""
    with app.app_context():
        return [person(account) for account in db.session.query(Account)]


app = Flask(__name__, instance_path=os.environ["HOST_FOLDER"])
app.config.update(
    SECRET_KEY="the host's",
    SQLALCHEMY_DATABASE_URI=os.environ["HOST_DATABASE"],
    SESSION_COOKIE_NAME="host",
    WTF_CSRF_TIME_LIMIT=60,
)
db.init_app(app)
Migrate(app, db)
login = LoginManager(app)
csrf = CSRFProtect(app)
Talisman(app, force_https=False, content_security_policy={"default-src": "'none'"}, session_cookie_secure=False)
desk = SupportDesk(app, identity=FlaskLoginIdentity(app, person, sign_in="/in", everyone=everyone))


@login.user_loader
def load(key: str) -> Account | None:
    """The account of a session."""
    return db.session.get(Account, int(key))


@app.route("/in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Sign in by name; the host trusts everybody."""
    if request.method == "POST":
        login_user(db.session.query(Account).filter_by(name=request.form["name"]).one())
        return redirect(request.args.get("next", "/"))
    return render_template_string('<input name="csrf_token" value="{{ csrf_token() }}">')


@app.get("/out")
def sign_out() -> ResponseReturnValue:
    """Sign out."""
    logout_user()
    return redirect("/in")


@app.get("/")
def home() -> str:
    """Who is there."""
    return f"host: {current_user.name if current_user.is_authenticated else 'nobody'}"


@app.post("/orders")
@csrf.exempt
@login_required
def order() -> ResponseReturnValue:
    """An order that asks for help on the way, and may fail afterwards."""
    form = OrderForm()
    db.session.add(Order(text=form.shout(request.form["text"])))
    db.session.flush()
    case = desk.cases.open(description=f"Help with {request.form['text']}", email="buyer@host.example")
    if request.form["text"] == "broken":
        db.session.rollback()
        abort(500)
    db.session.commit()
    return {"case": case.number, "orders": db.session.query(Order).count()}


@app.errorhandler(404)
@app.errorhandler(500)
def sorry(error: Exception) -> tuple[str, int]:
    """The host's own error page."""
    return f"HOST ERROR {getattr(error, 'code', 500)}", getattr(error, "code", 500)
