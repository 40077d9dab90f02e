"""All that can be said about a process folder beyond its diagrams and tables: one list for `check` and deployments."""

from collections.abc import Callable, Collection, Mapping

from loopdesk.desk import (
    calendars,
    facts,
    intake_checks,
    policy_keys,
    policy_names,
    raci,
    receiver_checks,
    retention,
    skills,
)
from loopdesk.desk import wording as phrases
from loopdesk.desk.acceptance import bars as acceptance
from loopdesk.desk.classification import examples
from loopdesk.desk.closure import checks as closure
from loopdesk.desk.contacting import notice_checks, template_checks
from loopdesk.desk.diagnosis import checks as diagnosis
from loopdesk.desk.drills import checks as drills
from loopdesk.desk.duplicates import rules as duplicates
from loopdesk.desk.emergency import checks as emergencies
from loopdesk.desk.feedback import checks as feedback
from loopdesk.desk.figures import rules as figure_rules
from loopdesk.desk.figures.formulas import FORMULAS
from loopdesk.desk.implementation import plans
from loopdesk.desk.raci import push
from loopdesk.desk.response import checks as response
from loopdesk.desk.runbooks import checks as runbooks
from loopdesk.desk.sentiment import checks as sentiment
from loopdesk.desk.sla import checks as sla
from loopdesk.desk.team import checks as team
from loopdesk.desk.themes import rules as themes
from loopdesk.desk.war_room import checks as packs
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.forms import checks, gaps


def check(
    name: str,
    files: Files,
    *,
    departments: Collection[str],
    classes: Collection[str],
    kinds: Collection[str] = (),
    person: Callable[[str], bool] | None = None,
    channels: Collection[str] = (),
    others: Callable[[], Mapping[str, Files]] = dict,
) -> list[Finding]:
    """Findings on the folder ``name``: ``departments`` are the codes of the house, ``classes`` those of problems,
    ``kinds`` those of emergencies, ``channels`` those that a connector carries; ``others`` the folders of the
    house as they are deployed; ``person`` tells whether somebody signs
    in under a name, where that is known."""
    found = [*raci.check(name, files, departments), *push.check(files, channels)]
    for file in sorted(file for file in files if file.endswith(".form")):
        found += checks.check(files[file], file=file, facts=facts.NAMES)
    found += examples.check(name, files) + intake_checks.check(files) + duplicates.check(files)
    found += diagnosis.check(name, files, classes) + gaps.check(files) + calendars.check(files)
    found += runbooks.check(name, files, departments, kinds) + drills.check(name, files, kinds)
    found += receiver_checks.check(files, departments, person) + skills.check(files)
    found += emergencies.check(name, files, departments) + policy_keys.check(files)
    found += template_checks.check_folder(name, files, others) + phrases.check(files) + notice_checks.check(files)
    return (
        found
        + retention.check(files)
        + sla.check(files)
        + packs.check(files)
        + response.check(files)
        + acceptance.check(files)
        + policy_names.check(files)
        + figure_rules.check(files, tuple(FORMULAS))
        + sentiment.check(files)
        + themes.check(files)
        + team.check(files, departments)
        + plans.check(files)
        + closure.check(files)
        + feedback.check(files)
    )
