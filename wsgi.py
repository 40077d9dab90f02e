"""WSGI entry for servers that look for ``wsgi:app`` in the working folder."""

from loopdesk.web.serve import app

__all__ = ["app"]
