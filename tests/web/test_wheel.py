"""The wheel holds everything that runs: installed in an empty environment it serves a host and completes a case."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from loopdesk.tests.house.source import ROOT, pyproject

DATA = ("web/static", "web/translations", "web/templates", "workflows")
"""What a wheel carries besides Python; the first two are built, not committed."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of what Git does not ignore and `make setup` built."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for name in {*filter(None, listed.split("\0")), *(_built())}:
        if (ROOT / name).is_file() and not (ROOT / name).is_symlink():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def _built() -> set[str]:
    patterns = ("web/static/build/**/*", "web/translations/**/*.mo")
    return {str(path.relative_to(ROOT)) for pattern in patterns for path in ROOT.glob(pattern)}


def test_it_holds_the_packages_the_data_and_no_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    packages = {str(Path(name).parent).replace("/", ".") for name in names if name.endswith("/__init__.py")}
    assert packages == set(pyproject()["tool"]["setuptools"]["packages"])
    assert not [
        name for name in names if name.startswith(("loopdesk/tests", "loopdesk/scripts", "tests", "loopdesk/docs"))
    ]
    for wanted in (
        "web/static/build/manifest.json",
        "web/translations/zh/LC_MESSAGES/messages.mo",
        "web/templates/base.html",
        "workflows/intake/intake.bpmn",
        "workflows/intake/scenarios",
        "migrations/versions",
        "engine/py.typed",
    ):
        assert [name for name in names if name.startswith(f"loopdesk/{wanted}")], f"{wanted} is missing"


def test_a_host_mounts_it_and_a_case_is_completed(wheel: Path, tmp_path: Path) -> None:
    python = _environment(tmp_path / "venv", wheel)
    script = tmp_path / "host.py"
    shutil.copy(Path(__file__).with_name("wheel_host.py"), script)
    ran = subprocess.run([python, script, tmp_path / "data"], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    assert result.pop("from").startswith(str(tmp_path))
    assert result.pop("chinese") > 0
    assert result == {
        "completed": ["triage", "resolve", "retest"],
        "status": "closed",
        "home": "the platform's own page",
        "script": 200,
    }


def test_the_console_script_is_there(wheel: Path, tmp_path: Path) -> None:
    python = _environment(tmp_path / "venv", wheel)
    ran = subprocess.run([python.with_name("loopdesk"), "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("loopdesk, version ")


def _environment(folder: Path, wheel: Path) -> Path:
    """An environment with nothing but the wheel and the packages that it requires, borrowed from ours: its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run(install, check=True, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    (site,) = (folder / "lib").glob("python*/site-packages")
    # A path file inside a path file is not read, so that our editable installation stays invisible there.
    ours = {str(Path(path)) for path in sys.path if path.endswith("site-packages")}
    (site / "borrowed.pth").write_text("\n".join(sorted(ours)))
    return python
