"""The test kit as others have it: a plugin's own project somewhere, and careline installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).with_name("outside")


def installed(folder: Path) -> None:
    """Write what pip would write for an editable install of the project."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    about = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(about)
    points = project["entry-points"]["careline.plugins"]
    lines = [f"{name} = {value}" for name, value in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[careline.plugins]", *lines, ""]))


@pytest.mark.integration
def test_a_plugins_own_project_is_tested_by_careline_alone(
    tmp_path: Path, pytestconfig: pytest.Config, spoken_prompts: Path
) -> None:
    folder = tmp_path / "careline-thanks"
    shutil.copytree(PROJECT, folder)
    installed(folder)
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "careline").symlink_to(pytestconfig.rootpath / ".cache")
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "CI") if key in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-k", "not real"],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(folder), "XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
