"""Finding plugins, checking lists of them, bundles, and editing careline.toml."""

from __future__ import annotations

import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from tests.core.plugins.conftest import CATALOG, House, like
from tests.plugins_for_tests import every_hook

from careline.config import BundleSettings
from careline.errors import Invalid
from careline.plugins import (
    Catalog,
    Plugin,
    bundles,
    preview,
    problems_of,
    read_catalog,
    set_plugins,
)
from careline.plugins.catalog import GROUP


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


GOOD = "tests.plugins_for_tests.every_hook:plugin"
BAD = "tests.plugins_for_tests.misbehaving:plugin"


def test_each_broken_plugin_is_named_with_its_reason_and_hides_no_other() -> None:
    catalog = read_catalog(
        [
            point("every_hook", GOOD),
            point("gone", "no.such.module:plugin"),
            point("half", "tests.plugins_for_tests.every_hook:nothing"),
            point("odd", "tests.plugins_for_tests.every_hook:EveryHook"),
            point("alias", BAD),
            point("twice", GOOD),
            point("twice", BAD),
        ]
    )
    assert catalog.plugins == {"every_hook": every_hook.plugin}
    reasons = {name: str(error) for name, error in catalog.broken.items()}
    assert "ModuleNotFoundError" in reasons["gone"]
    assert "AttributeError" in reasons["half"]
    assert "not a careline.plugins.Plugin" in reasons["odd"]
    assert "calls itself misbehaving" in reasons["alias"]
    assert "two packages offer a plugin twice" in reasons["twice"]
    assert str(problems_of(["gone"], catalog)[0]) == reasons["gone"]


def test_one_entry_point_seen_twice_is_one() -> None:
    catalog = read_catalog([point("every_hook", GOOD), point("every_hook", GOOD)])
    assert not catalog.broken


def test_installed_entry_points_are_read() -> None:
    assert isinstance(read_catalog(), Catalog)


def test_all_problems_of_a_list_at_once() -> None:
    catalog = Catalog(
        {
            **CATALOG.plugins,
            "future": like("future", core=">=99"),
            "typo": like("typo", core="1.x"),
            "late": like("late", api=">=2"),
        }
    )
    names = ["reminders", "appointments", "future", "typo", "late"]
    found = [str(p) for p in problems_of(names, catalog)]
    assert found[0] == "plugins: appointments must stand before reminders, which needs it"
    assert found[1] == "plugins: appointments needs his; enable that before it"
    assert found[2].startswith("plugins: future 1.0 works with careline >=99, and this is ")
    assert found[4] == "plugins: late 1.0 works with hooks of version >=2, and these are 1.0"
    assert len(found) == 5
    assert problems_of(["his", "appointments", "reminders"], catalog) == []


def test_a_circle_of_requirements_is_a_problem_and_no_endless_loop(house: House) -> None:
    house.catalog = Catalog({"a": like("a", requires=("b",)), "b": like("b", requires=("a",))})
    shown = preview(bundles({"x": BundleSettings(("a",))})["x"], (), house.catalog)
    assert shown.problems


def test_the_three_bundles_and_a_hospitals_own() -> None:
    own = {
        "ours": BundleSettings(("his", "sms"), title="我院"),
        "full": BundleSettings(("his",)),
    }
    assert list(bundles({})) == ["outpatient", "discharge-care", "full"]
    found = bundles(own)
    assert (found["ours"].title, found["ours"].title_en) == ("我院", "我院")
    assert found["full"].plugins == ("his",)
    full = set(bundles({})["full"].plugins)
    for bundle in bundles({}).values():
        assert set(bundle.plugins) <= full
        assert bundle.title_en.isascii()
        assert not bundle.title.isascii()


def test_a_preview_says_what_would_change_and_what_is_not_installed() -> None:
    own = {"x": BundleSettings(("every_hook", "reminders", "fax"))}
    shown = preview(bundles(own)["x"], ("every_hook",), CATALOG)
    assert shown.result == ("every_hook", "his", "appointments", "reminders")
    assert shown.added == ("his", "appointments", "reminders")
    assert shown.already == ("every_hook",)
    assert shown.required == ("his", "appointments")
    assert shown.not_installed == ("fax",)
    assert shown.problems == ()


COMMENTED = """\
# 我院的设置
language = "zh"   # 中文

plugins = [
  # 先问 HIS
  "his",   # the old one
  "sms",
]  # 顺序有意义

[core]   # this machine
node = 'hq'
[plugin.sms]
text = '''two
lines'''
"""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (COMMENTED, ["his", "sms", "followup"]),
        (COMMENTED, ["sms"]),
        (COMMENTED, []),
        (COMMENTED, ["his"]),
        (COMMENTED, ["sms", "his"]),
        ("plugins = []\n", ["a", "b"]),
        ("plugins=['a','b']", ["a", "c"]),
        ("plugins = ['a', 'b',]", ["b"]),
        ('language = "zh"\n\n[core]\nnode = "x"\n', ["a"]),
        ("", ["a"]),
        ("\ufeffplugins = []\r\n[core]\r\n", ["a"]),
        ("[core]\n# last line a comment", ["a"]),
    ],
)
def test_only_the_list_changes(tmp_path: Path, text: str, names: list[str]) -> None:
    path = tmp_path / "careline.toml"
    path.write_bytes(text.encode())
    path.chmod(0o640)
    assert set_plugins(path, names)
    new = path.read_text(encoding="utf-8")
    before = tomllib.loads(text.removeprefix("\ufeff"))
    assert tomllib.loads(new) == {**before, "plugins": names}
    assert path.stat().st_mode & 0o777 == 0o640
    for comment in ("# 我院的设置", "# 中文", "# 顺序有意义", "# this machine", "# last line"):
        assert (comment in text) == (comment in new)
    if "his" in names and names[0] == "his" and "# the old one" in text:
        assert "# the old one" in new
    assert not set_plugins(path, names)


def test_a_broken_file_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "careline.toml"
    path.write_text("plugins = [")
    with pytest.raises(Invalid, match="not valid TOML"):
        set_plugins(path, ["a"])
    assert path.read_text() == "plugins = ["


@pytest.mark.parametrize("name", ["hook", "core", "", "Sms", "sms-x", "1sms", "sms.x", "a" * 33])
def test_a_plugins_name_begins_its_tables_and_jobs(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Plugin(name=name, title="x", version="1", hooks=lambda *_: None)
    for right in ("hooks", "core_x", "sms2"):
        Plugin(name=right, title="x", version="1", hooks=lambda *_: None)
