"""What a WSGI server runs: ``granian --interface wsgi loopdesk.web.serve:app``."""

from loopdesk.web.app import create_app
from loopdesk.web.settings import Settings

app = create_app(Settings.from_env())
