"""The contract: every bundled plugin keeps it, and those that are bad on purpose are told so."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from careline.plugins import Catalog, read_catalog
from careline.storage import metadata
from careline.testing.contract import Report, check

ROOT = Path(__file__).parents[2]
BUNDLED = sorted(path.name for path in (ROOT / "plugins").iterdir() if path.is_dir())
PLACE = "tests.plugins_for_tests.bad"
OF_PACKAGES = ("drops_tables", "two_heads", "unescaped")


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


@pytest.fixture
def clean() -> Iterator[None]:
    """Modules and tables of bad plugins are gone after the test."""
    tables = set(metadata.tables)
    yield
    for name in set(metadata.tables) - tables:
        metadata.remove(metadata.tables[name])
    for name in [one for one in sys.modules if one.startswith(f"{PLACE}.")]:
        del sys.modules[name]


def bad(name: str) -> Catalog:
    """The bundled plugins with a bad one beside them."""
    module = f"{PLACE}.{name}.plugin" if name in OF_PACKAGES else f"{PLACE}.{name}"
    found = read_catalog([EntryPoint(name, f"{module}:plugin", "careline.plugins")])
    good = read_catalog()
    return Catalog({**good.plugins, **found.plugins}, found.broken)


def judged(name: str) -> Report:
    return check(name, catalog=bad(name))


def said(report: Report, code: str) -> str:
    return "\n".join(str(one) for one in report.findings if one.code == code)


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize("name", BAD)
def test_a_bad_plugin_is_told_what_is_wrong(name: str) -> None:
    report = judged(name)
    told = {code: said(report, code) for code in report.codes}
    for code, words in BAD[name].items():
        assert words in told.get(code, ""), told


def test_every_bad_plugin_is_tried() -> None:
    folder = Path(__file__).parents[1] / "plugins_for_tests" / "bad"
    assert {path.stem for path in folder.iterdir() if path.stem[0] != "_"} == set(BAD)
