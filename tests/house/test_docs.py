"""What the guides say is what the product does (architecture §6, documentation tests)."""

import re
from pathlib import Path

import click
from click.testing import CliRunner

from loopdesk.tests.house.source import ROOT
from loopdesk.web.cli import cli
from loopdesk.web.settings import VARIABLES

GUIDE = (ROOT / "docs" / "integrator.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_integrators_guide_and_no_other() -> None:
    table = GUIDE.partition("## Settings")[2].partition("\n## ")[0]
    named = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    documented = {variable for cell in named for variable in re.findall(r"`([A-Z_]+)`", cell)}
    assert documented == set(VARIABLES.values())


def test_every_command_is_in_a_guide() -> None:
    guides = "\n".join(path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
    unknown = [name for name in cli.list_commands(click.Context(cli)) if f"loopdesk {name}" not in guides]
    assert unknown == []


def test_links_between_the_guides_lead_somewhere() -> None:
    broken = [
        f"{page.name}: {target}"
        for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_example_of_clock_cases_prints_what_its_page_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "sla-cases.md").read_text(encoding="utf-8")
    file = tmp_path / "cases.json"
    file.write_text(page.partition("```json\n")[2].partition("```")[0], encoding="utf-8")
    printed = CliRunner().invoke(cli, ["--lang", "en", "sla", "replay", str(file)]).stdout
    assert printed == page.partition("```text\n")[2].partition("```")[0]
