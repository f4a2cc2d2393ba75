"""The contract: every bundled plugin keeps it, and those that are bad on purpose are told so."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.support.bad_plugins import NAMES, installed

from careline.errors import Invalid
from careline.hooks import Deprecation, Hub
from careline.plugins import read_catalog
from careline.testing.contract import Report, check, check_apart
from careline.testing.contract.life import life
from careline.testing.contract.report import Advice
from careline.testing.contract.subject import Subject
from careline.testing.contract.tables import tables_on
from careline.testing.postgres import Cluster
from careline_cli.main import main

ROOT = Path(__file__).parents[2]
BUNDLED = sorted(path.name for path in (ROOT / "plugins").iterdir() if path.is_dir())


@pytest.mark.parametrize("name", BUNDLED)
def test_every_bundled_plugin_keeps_the_contract(name: str) -> None:
    report = check(name)
    assert [str(one) for one in report.findings] == []
    assert len(report.checked) == 9


#: Each bad plugin: what is found, by code and by words of its text.
BAD: dict[str, dict[str, str]] = {
    "raises_at_import": {"plugin.broken": "cannot be loaded: KeyError: 'no such thing'"},
    "ends_at_import": {"plugin.broken": "cannot be loaded: SystemExit: 3"},
    "raises_when_built": {"plugin.unbuilt": "cannot be loaded: OSError: no licence file"},
    "raises_in_hook": {"hook.provides": "hook panels: RuntimeError: not today"},
    "raises_in_start": {"plugin.start": "ConnectionError: the gate is closed"},
    "hangs_in_start": {"plugin.start": "no answer within 20 s"},
    "stubborn": {"check.life.stop": "did not stop well: no answer within 10 s"},
    "blocks": {
        "check.code.blocks": "blocks.py:22: time.sleep holds up the whole process",
        "check.life.blocks": "holds up the whole process, and every call, by ['time.sleep']",
    },
    "leaks": {"check.life.timers": "leaves timers behind"},
    "floods": {"check.life.floods": "goes round and round without a pause"},
    "bad_sql": {
        "check.code.sql": "bad_sql.py:12: SQL is put together from text",
        "check.life.answers": "fails in hook health, asked in an empty hospital: OperationalError",
    },
    "leaks_rows": {"check.life.answers": "TypeError"},
    "wrong_kind": {"hook.provides": "hook panels: must return Sequence[Panel], not ['a panel']"},
    "unknown_hook": {"hook.plugin_invalid": "did you mean call_started?"},
    "double_hook": {"hook.declared_twice": "is declared already by core"},
    "double_panel": {"web.offer": "double_panel_a is a panel that is there already"},
    "open_route": {"web.offer": "GET /open-route states no permission"},
    "foreign_names": {"plugin.brings": "sms.send must begin with foreign_names."},
    "double_table": {"plugin.broken": "Table 'job' is already defined"},
    "strange_table": {"plugin.broken": "its tables must begin with strange_table_: visitor"},
    "wrong_versions": {
        "plugin.unknown": "plugins: tickets is not installed",
        "plugin.core_range": "works with careline >=99",
        "plugin.api_range": "works with hooks of version >=7",
    },
    "drops_tables": {
        "db.foreign_tables": "(those begin with drops_tables_): ['visitors', 'voicemail']",
    },
    "two_heads": {
        "db.bad_scripts": "branch two_heads has more than one head: two_heads_0002, two_heads_0003"
    },
    "unescaped": {
        "check.code.markup": "unescaped/plugin.py:13: Markup()",
        "check.pages.unescaped": "escaping is switched off here",
        "check.pages.inline": "onclick= is refused by browsers",
        "check.pages.template": "unescaped/templates/broken.html: Unexpected end of template",
    },
    "tells_secrets": {
        "check.code.secret_in_log": "tells_secrets.py:24: a secret is written into the log",
        "check.settings.secret": "plugin.tells_secrets.gate_password holds a secret in plain text",
        "check.settings.unexplained": "plugin.tells_secrets.token: what it is for is said nowhere",
    },
    "crashes_on_settings": {
        "check.settings.crash": ".gate = '?': its check fails with KeyError",
    },
    "reaches_inside": {
        "check.imports.reactor": "imports the reactor",
        "check.imports.inner": "imports careline.app.App",
        "check.imports.plugin": "imports careline_sms.model, another plugin",
    },
    "keeps_patients": {
        "check.tables.no_revisions": "declares tables (['keeps_patients_visit'])",
        "check.privacy.hooks": "['export_patient', 'erase_patient', 'patients_merged']",
    },
    "speaks_english": {
        "check.texts.untranslated": "“Parking for visitors” is not translated",
        "check.papers.version": "“the newest” is no version",
        "check.papers.readme": "has no README",
    },
}


def subject_of(name: str, **more: Any) -> Subject:
    catalog = read_catalog()
    return Subject(plugin=catalog.plugins[name], catalog=catalog, **more)


def said(report: Report, code: str) -> str:
    return "\n".join(str(one) for one in report.findings if one.code == code)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_plugin_is_told_what_is_wrong(name: str) -> None:
    with installed(name) as catalog:
        report = check(name, catalog=catalog)
    told = {code: said(report, code) for code in report.codes}
    for code, words in BAD[name].items():
        assert words in told.get(code, ""), told


#: Found only when somebody looks at it; see test_contained.
CONTAINED = {"huge_panel"}


def test_every_bad_plugin_is_tried() -> None:
    assert set(NAMES) == {*BAD, *CONTAINED}


def test_a_setting_that_is_wrong_is_told_with_its_place() -> None:
    wrong = {"sms": {"receipt_hours": "many", "receit_hours": 1}}
    [found] = life(subject_of("sms", config=wrong))
    places = [one.params["where"] for one in found.problems]
    assert sorted(places) == ["plugin.sms.receipt_hours", "plugin.sms.receit_hours"]


def test_hooks_on_their_way_out_are_told_and_no_reason_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    going = Deprecation(
        hook="health", since="1.1", gone="2.0", instead="use the hook doctor in its place"
    )
    monkeypatch.setattr(Hub, "deprecated", lambda _, name: (going,) if name == "recording" else ())
    [told] = life(subject_of("recording"))
    assert isinstance(told, Advice)
    assert "health goes in version 2.0" in str(told)


def test_a_plugin_is_judged_in_a_process_of_its_own(tmp_path: Path) -> None:
    path = [install(tmp_path, "ends", "import os; os._exit(7)"), ROOT]
    ended = check_apart("ends", "en", path=path)
    assert [one["code"] for one in ended["findings"]] == ["check.ended"]
    assert "ends the whole process (code 7)" in ended["findings"][0]["text"]


def test_a_plugin_that_hangs_is_given_up(tmp_path: Path) -> None:
    path = [install(tmp_path, "hangs", "import threading; threading.Event().wait()"), ROOT]
    hanging = check_apart("hangs", "zh", path=path, timeout=3)
    assert [one["code"] for one in hanging["findings"]] == ["check.hangs"]
    assert "3 秒内没有结束" in hanging["findings"][0]["text"]


def install(folder: Path, name: str, text: str) -> Path:
    """A package of one file, and what pip would write for it."""
    (folder / f"careline_{name}.py").write_text(text)
    info = folder / f"careline_{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: careline-{name}\nVersion: 1.0\n")
    points = f"[careline.plugins]\n{name} = careline_{name}:plugin\n"
    (info / "entry_points.txt").write_text(points)
    return folder


@pytest.mark.integration
def test_tables_go_both_ways_on_postgresql_too(postgres: Cluster) -> None:
    url = postgres.fresh()
    found = {name: [str(one) for one in tables_on(subject_of(name), url)] for name in BUNDLED}
    assert found == {name: [] for name in BUNDLED}
    postgres.drop(url)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_code_is_documented(lang: str) -> None:
    folder = ROOT / "core" / "careline" / "testing" / "contract"
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    codes = {f"check.{one}" for one in re.findall(r'\.found\(\s*"([a-z_.]+)"', source)}
    codes |= set(re.findall(r'"(check\.[a-z_.]+)"', source))
    page = (ROOT / "docs" / lang / "develop" / "check.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(check\.[a-z_.]+)`", page, re.MULTILINE)) == codes


def test_a_mistyped_name_is_told_the_nearest() -> None:
    with pytest.raises(Invalid, match="smss is not installed; did you mean sms"):
        check("smss")


def test_the_command_tells_all_and_ends_with_one_when_something_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = {"code": "check.papers.readme", "text": "no README"}

    def judged(name: str, lang: str, *, options: list[str]) -> dict[str, Any]:
        findings = [wrong] if name == "sms" else []
        told = {"plugin": name, "version": "1", "findings": findings, "advice": []}
        return {**told, "ok": not findings}

    monkeypatch.setattr("careline.testing.contract.check_apart", judged)
    run = CliRunner().invoke
    every = run(main, ["--lang", "en", "plugin", "check"])
    assert every.exit_code == 1
    assert "recording 1: all is well" in every.output
    assert "sms 1: 1 things are wrong\n  - no README  [check.papers.readme]" in every.output
    assert run(main, ["plugin", "check", "recording"]).exit_code == 0
    told = json.loads(run(main, ["plugin", "check", "sms", "--json"]).output)
    assert told["plugins"][0]["findings"] == [wrong]
