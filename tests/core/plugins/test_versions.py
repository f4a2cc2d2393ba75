"""Versions of plugins that the home keeps: which is imported, and what hides what."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from tests.plugins_for_tests.growing import write

from careline.config import Home
from careline.errors import Invalid, Unavailable
from careline.plugins import read_catalog
from careline.plugins.catalog import GROUP
from careline.plugins.packing import fetch, keep_present
from careline.plugins.versions import Outcome, Trial, Version, Versions, use_kept

MADE = "tests.plugins_for_tests.every_hook:plugin"
OTHER = "tests.plugins_for_tests.nowhere:plugin"


def offer(folder: Path, value: str, package: str = "careline-every-hook") -> Path:
    """What pip writes of a package that offers every_hook."""
    info = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\nevery_hook = {value}\n")
    return folder


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Versions:
    """None kept yet; the path that a test changes is put back."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    return Versions(Home(tmp_path / "home"), "every_hook")


def kept(versions: Versions, number: str) -> Version:
    one = Version(folder=versions.new_folder(number), version=number)
    versions.path(one).mkdir(parents=True)
    versions.write(one)
    return one


def test_folders_are_numbered_and_one_is_in_use(versions: Versions) -> None:
    assert versions.in_use is None
    first, second = kept(versions, "1.0"), kept(versions, "1.0")
    assert (first.folder, second.folder) == ("0001-1.0", "0002-1.0")
    versions.use(second)
    assert versions.in_use == second
    assert versions.kept(first.folder) == first


def test_kept_rows_are_patients_data_and_forgotten_in_time(versions: Versions) -> None:
    old, new = kept(versions, "1.0"), kept(versions, "1.1")
    for version, day in ((old, 1), (new, 3)):
        versions.rows(version).write_bytes(b"")
        at = datetime(2026, 11, day, tzinfo=UTC).timestamp()
        os.utime(versions.rows(version), (at, at))
    versions.forget_rows(datetime(2026, 11, 2, tzinfo=UTC))
    assert not versions.rows(old).exists()
    assert versions.rows(new).exists()
    versions.forget_rows()
    assert not versions.rows(new).exists()
    assert versions.kept(new.folder) == new, "its files stay"


def test_a_new_wish_forgets_how_the_last_went(versions: Versions) -> None:
    kept(versions, "1.0")
    assert versions.trial is None
    versions.settle(Outcome(version="1.0", wanted="1.1", reason="no gateway"))
    versions.want(Trial(old="0001-1.0", new="0002-1.1"))
    assert versions.outcome is None
    assert versions.trial == Trial(old="0001-1.0", new="0002-1.1")
    versions.settle(Outcome(version="1.1", wanted="1.1"))
    assert versions.trial is None


def test_the_version_in_use_hides_the_environments_own(versions: Versions, tmp_path: Path) -> None:
    sys.path.append(str(offer(tmp_path / "site", OTHER)))
    assert "every_hook" in read_catalog().broken
    one = kept(versions, "1.1")
    offer(versions.path(one), MADE, "careline-kept-every-hook")
    use_kept(versions.home)
    assert "every_hook" in read_catalog().broken, "kept, but not in use"
    versions.use(one)
    use_kept(versions.home)
    catalog = read_catalog()
    assert catalog.plugins["every_hook"].name == "every_hook"
    before = list(sys.path)
    use_kept(versions.home)
    assert sys.path == before


def test_forgotten_versions_hide_nothing_and_go_at_the_next_start(versions: Versions) -> None:
    old, now = kept(versions, "1.0"), kept(versions, "1.1")
    versions.remove_forgotten()
    assert versions.kept(old.folder) == old, "none is in use yet: the first upgrade waits"
    versions.use(now)
    versions.rows(old).write_bytes(b"")
    versions.remove_forgotten()
    assert versions.in_use == now, "nobody has forgotten it"
    versions.forget()
    assert (versions.in_use, versions.kept(now.folder)) == (None, now), "a core may run from it"
    use_kept(versions.home)
    assert str(versions.path(now)) not in sys.path
    versions.use(now)
    versions.remove_forgotten()
    assert versions.in_use == now, "it was taken up again"
    versions.forget()
    versions.remove_forgotten()
    assert not versions.root.exists()


def test_another_version_in_use_takes_the_place_of_the_one_before(versions: Versions) -> None:
    first, second = kept(versions, "1.0"), kept(versions, "1.1")
    for one in (first, second):
        versions.use(one)
        use_kept(versions.home)
    assert str(versions.path(second)) in sys.path
    assert str(versions.path(first)) not in sys.path
    use_kept(versions.home, {"every_hook": versions.root / ".new"})
    assert sys.path[0] == str(versions.root / ".new")
    assert str(versions.path(second)) not in sys.path


def test_the_present_version_is_copied_with_its_entry_point(versions: Versions) -> None:
    one = kept(versions, "0.1")
    package = keep_present("satisfaction", versions.path(one))
    assert package.name == "careline_satisfaction"
    copied = versions.path(one) / "careline_satisfaction"
    assert (copied / "plugin.py").is_file()
    assert not list(copied.rglob("__pycache__"))
    sys.path.insert(0, str(versions.path(one)))
    found = [point.value for point in entry_points(group=GROUP, name="satisfaction")]
    assert found[0] == "careline_satisfaction.plugin:plugin"
    assert "satisfaction" in read_catalog().plugins, "and the other plugins of its package too"
    assert "sms" in read_catalog().plugins


@pytest.mark.integration
def test_what_pip_cannot_fetch_or_is_another_plugin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="pip could not fetch it"):
        fetch("growing", str(tmp_path / "no.whl"), tmp_path / "new")
    source = write(tmp_path / "growing", "1.1")
    with pytest.raises(Invalid, match="offers no plugin shrinking"):
        fetch("shrinking", str(source), tmp_path / "other")
    assert fetch("growing", str(source), tmp_path / "new").version == "1.1"
    assert not (source / "build").exists()
