"""What is looked at before a version of a plugin is taken up, or taken back."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from attrs import evolve
from tests.core.setup.test_taking_up import made
from tests.plugins_for_tests.growing import install, write

from careline.config import Home, load, write_default
from careline.errors import Conflict, Invalid, NotFound, Refused
from careline.plugins import read_catalog
from careline.plugins.packing import Fetched, fetch, keep_present
from careline.plugins.versions import Version, Versions
from careline.setup import upgrade
from careline.setup.upgrade import plan_forgetting, plan_rollback, plan_upgrade

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
    assert upgrade._answer("said_of_it", [], tmp_path / "new") == {"from": "new"}
    with pytest.raises(Invalid, match="no such gateway"):
        upgrade._answer("fails", [], tmp_path / "new")


@pytest.mark.parametrize("changed", [False, True])
def test_where_the_present_files_are_the_new_ones_there_is_no_way_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: bool
) -> None:
    """A plugin that pip installed with -e, and whose folder was changed before the upgrade."""

    def fetched(name: str, what: str, folder: Path) -> Fetched:
        keep_present(name, folder)
        if changed:
            (folder / "careline_satisfaction" / "new.py").write_text("")
        return Fetched(folder, "0.2", ())

    found = {"revision": "satisfaction_0001", "migrations": "", "problems": []}
    monkeypatch.setattr(upgrade, "fetch", fetched)
    monkeypatch.setattr(upgrade, "_looked_at", lambda *_: found)
    home = Home(tmp_path / "home")
    write_default(home)
    settings = load(home.config, {})
    old, new = plan_upgrade(settings, read_catalog(), "satisfaction", ".")
    assert new.before == (old.folder if changed else "")
    if not changed:
        Versions(home, "satisfaction").use(new)
        with pytest.raises(NotFound, match="pip installed with -e"):
            plan_rollback(settings, "satisfaction")


def test_kept_versions_are_forgotten_only_where_the_environments_own_can_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home")
    write_default(home)
    settings = load(home.config, {})
    versions = Versions(home, "satisfaction")
    with pytest.raises(NotFound, match="is the one of the environment"):
        plan_forgetting(settings, "satisfaction")
    one = Version(folder="0001-0.1", version="0.1", revision="satisfaction_0009")
    keep_present("satisfaction", versions.path(one))
    versions.write(one)
    versions.use(one)
    with pytest.raises(Refused, match="has other tables than"):
        plan_forgetting(settings, "satisfaction")
    head = upgrade._head(settings, "satisfaction")
    monkeypatch.setattr(upgrade, "_answer", lambda *_: {"revision": head, "problems": []})
    one = evolve(one, revision=head)
    versions.write(one)
    plan_forgetting(settings, "satisfaction")
    versions.forget()
    with pytest.raises(Conflict, match="waits already"):
        plan_upgrade(settings, read_catalog(), "satisfaction", ".")


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
