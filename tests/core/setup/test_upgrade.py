"""What is looked at before a version of a plugin is taken up, or taken back."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.core.setup.test_taking_up import made
from tests.plugins_for_tests.growing import install, write

from careline.config import load
from careline.errors import Invalid
from careline.plugins.packing import fetch
from careline.plugins.versions import Versions
from careline.setup import upgrade
from careline.setup.upgrade import plan_rollback

SAID = 'print("of the plugin")\nprint(\'{{"from": "{place}"}}\')\n'


def test_a_rollback_tries_the_older_version_first(tmp_path: Path) -> None:
    place = made(tmp_path / "home")
    place.want(place.old, place.new)
    place.start()
    (place.versions.root / "trial").unlink()
    settings = load(place.home.config, {})
    folder = place.versions.path(place.old)
    for core in (">=99", ">=0.1"):
        source = write(tmp_path / "source", "1.0", core=core)
        for one in ("careline_growing", "careline_growing-1.0.dist-info"):
            shutil.rmtree(folder / one, ignore_errors=True)
        install(source, folder)
        if core == ">=99":
            with pytest.raises(Invalid, match="cannot be taken"):
                plan_rollback(settings, "growing")
    assert plan_rollback(settings, "growing")[1].version == "1.0", "newer tables are no reason"


def test_the_new_files_are_looked_at_and_no_others_whatever_they_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("here", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "said_of_it.py").write_text(SAID.format(place=name))
    (tmp_path / "new" / "fails.py").write_text("print('no such gateway')")
    monkeypatch.chdir(tmp_path / "here")
    assert upgrade._process("said_of_it", [], tmp_path / "new") == {"from": "new"}
    with pytest.raises(Invalid, match="no such gateway"):
        upgrade._process("fails", [], tmp_path / "new")


def test_what_to_fetch_is_never_an_option_of_pip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.extend(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr("careline.plugins.packing.subprocess.run", run)
    with pytest.raises(Invalid, match="offers no plugin"):
        fetch("sms", "--index-url=http://127.0.0.1:1/", tmp_path)
    assert asked[-2:] == ["--", "--index-url=http://127.0.0.1:1/"]


def test_a_kept_version_that_is_broken_is_left_out(tmp_path: Path) -> None:
    place = made(tmp_path)
    about = place.versions.path(place.old) / "careline-plugin.json"
    text = about.read_text()
    about.write_text(text.replace("{", '{"of a newer careline": 1, ', 1))
    assert place.versions.in_use == place.old
    about.write_text(text[:20])
    assert Versions(place.home, "growing").in_use is None
