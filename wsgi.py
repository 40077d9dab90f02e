"""For WSGI servers and `flask --app wsgi`: ``gunicorn loopdesk.wsgi:app``."""

from loopdesk.web.serve import app

__all__ = ["app"]
