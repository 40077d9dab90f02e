"""``python -m loopdesk.web.cli``: the same as the console script, for processes that we start ourselves."""

from loopdesk.web.cli import cli

cli(prog_name="loopdesk")
