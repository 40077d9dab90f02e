"""What is wrong with the data that intake goes by: channels, service catalogues, templates for frequent problems."""

from loopdesk.desk import catalogues, channels, report_templates
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files


def check(files: Files) -> list[Finding]:
    """Findings on the folder of the policies or of the intake; none on others."""
    return channels.check(files) + catalogues.check(files) + report_templates.check(files)
