"""What is wrong with the data that intake goes by: channels, service catalogues, templates for frequent problems."""

from loopdesk.desk import catalogues, channels, policy, report_templates
from loopdesk.desk.duplicates import rules as duplicate_rules
from loopdesk.desk.sla import book
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files

DEPARTMENTS, LETTERS = "departments.yaml", ("messages.en.yaml", "messages.zh.yaml")
"""The files by which a folder of policies, and one of messages, is known."""


def check(files: Files) -> list[Finding]:
    """Findings on the folder of the policies, the messages or the intake; none on others."""
    found = channels.check(files) + catalogues.check(files) + report_templates.check(files)
    return found + _older(files) + _older_letters(files)


def _older(files: Files) -> list[Finding]:
    """What a folder of policies from before there were such files does not say: the shipped ones count."""
    if DEPARTMENTS not in files:
        return []
    message = N_("This folder has no %(file)s, so the one that Loopdesk ships counts.")
    remedy = N_("Copy it into your folder when you want to change it.")
    return [
        Finding(file, "", "", "policy.shipped", "info", message, remedy, {"file": file})
        for file in (channels.FILE, duplicate_rules.FILE, book.FILE)
        if file not in files
    ]


def _older_letters(files: Files) -> list[Finding]:
    """Letters that a folder of messages does not have: they go out as they are shipped."""
    found = []
    message = N_("These letters are missing here, so they go out as Loopdesk ships them: %(letters)s.")
    remedy = N_("Copy them into your folder when you want to change them.")
    for file in LETTERS:
        try:
            own = policy.parse(files[file], file) if file in files else {}
        except Invalid:
            continue  # The first letter that is sent tells its owner what is wrong with the file.
        lacking = sorted(set(policy.parse(policy.shipped_file("messages", file), file)) - set(own)) if own else []
        if lacking:
            params: dict[str, object] = {"letters": ", ".join(lacking)}
            found.append(Finding(file, "", "", "letters.shipped", "info", message, remedy, params))
    return found
