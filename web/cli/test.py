"""`loopdesk test`: plays the scenarios beside the diagrams and says how much of each diagram they cover."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

import loopdesk
from loopdesk.engine import bundles, scenarios
from loopdesk.engine.bpmn import Process, read
from loopdesk.engine.errors import Invalid
from loopdesk.engine.host import Files, Host, no_scripts
from loopdesk.engine.scenarios import Result
from loopdesk.forms import form, validation
from loopdesk.web.cli import translation
from loopdesk.web.cli._folder import SANDBOX, calendars_of, scripts_allowed

SHIPPED = Path(loopdesk.__file__).parent / "workflows"


@click.command("test")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(paths: tuple[Path, ...], as_json: bool) -> None:
    """Play scenarios: of process folders, of all folders below PATH, or of single files. Default: the shipped ones."""
    host = Host(
        validate=lambda file, data, scope: validation.validate(form.read(file), data, scope=scope),
        run_script=SANDBOX.run if scripts_allowed() else no_scripts,
    )
    reports = [_report(folder, chosen, host) for folder, chosen in _folders(paths or (SHIPPED,))]
    if as_json:
        click.echo(json.dumps(reports, ensure_ascii=False, indent=1))
    else:
        for report in reports:
            _print(report)
    played = [scenario for report in reports for scenario in report["scenarios"]]
    failed = sum(not scenario["ok"] for scenario in played)
    if not as_json:
        click.echo(f"{len(played)} scenarios, {failed} failed")
    if failed or not played:
        raise SystemExit(1)


def _folders(paths: tuple[Path, ...]) -> Iterator[tuple[Path, list[Path]]]:
    for path in paths:
        if path.is_file():
            yield path.resolve().parent.parent, [path]
            continue
        inside = [path] if any(path.glob("*.bpmn")) else sorted({file.parent for file in path.glob("*/*.bpmn")})
        for folder in inside:
            yield folder, sorted(folder.glob("scenarios/*.yaml"))


def _report(folder: Path, chosen: list[Path], host: Host) -> dict[str, Any]:
    files = bundles.read_folder(folder)
    known = calendars_of(folder)
    placed = replace(host, calendar=lambda _tx, name: known.get(name))
    results = [result for path in chosen for result in _play(path, files, placed)]
    passed = {place for result in results for place in result.passed}
    return {
        "folder": folder.name,
        "scenarios": [{"name": result.name, "ok": result.ok, "failures": result.failures} for result in results],
        "coverage": [_coverage(process, passed) for process in read(files).processes.values()],
    }


def _play(path: Path, files: Files, host: Host) -> Iterator[Result]:
    try:
        found = scenarios.load(path.read_bytes(), path.name)
    except Invalid as error:
        translate = translation()
        yield Result(path.name, [f"{error.text(translate)} {error.remedy_text(translate)}".strip()])
        return
    for scenario in found:
        yield scenarios.run(scenario, files, host)


def _coverage(process: Process, passed: set[str]) -> dict[str, Any]:
    def part(items: Any) -> dict[str, Any]:
        missed = sorted(item for item in items if f"{process.id}/{item}" not in passed)
        return {"passed": len(items) - len(missed), "of": len(items), "missed": missed}

    return {"process": process.id, "elements": part(process.elements), "flows": part(process.flows)}


def _print(report: dict[str, Any]) -> None:
    click.echo(report["folder"])
    for scenario in report["scenarios"]:
        click.echo(f"  {'ok  ' if scenario['ok'] else 'FAIL'} {scenario['name']}")
        for failure in scenario["failures"]:
            click.echo(f"       {failure}")
    for covered in report["coverage"]:
        parts = [f"{name} {covered[name]['passed']}/{covered[name]['of']}" for name in ("elements", "flows")]
        missed = ", ".join(covered["elements"]["missed"])
        click.echo(f"  {covered['process']}: {', '.join(parts)}{f'; not reached: {missed}' if missed else ''}")
