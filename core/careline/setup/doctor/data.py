"""What the site is made of: tables, prompts, flows, plugins."""

from __future__ import annotations

from collections.abc import Iterator

from careline.errors import CarelineError
from careline.i18n import Text
from careline.ivr.store import list_dnis
from careline.plugins.catalog import read_catalog
from careline.plugins.checks import check_enabled
from careline.plugins.versions import versions_of
from careline.prompts.folder import Folder
from careline.prompts.store import current
from careline.setup.doctor.model import Finding, Patient
from careline.setup.flows import published_problems
from careline.setup.prepare import migrations_of
from careline.storage import Tx


def database(patient: Patient) -> Finding:
    """Reachable, and its tables are what the program needs."""
    settings = patient.settings
    migrations = migrations_of(settings)
    try:
        migrations.require_current(settings.plugins)
    except CarelineError as error:
        return Finding(Text("database"), False, error, Text("run: careline db upgrade"))
    finally:
        migrations.close()
    return Finding(Text("database"), True, settings.database.url)


def prompts(patient: Patient) -> Finding:
    """Every prompt that the database names can be heard."""
    folder = Folder(patient.settings.home.prompts)
    rows = patient.db.run_sync(current)
    missing = [
        f"{row.language}/{row.name}" for row in rows if not folder.has(row.language, row.name)
    ]
    name, cure = Text("prompts"), Text("run: careline init")
    if missing:
        about: dict[str, object] = {"count": len(missing), "first": missing[:3]}
        return Finding(name, False, Text("{count} missing: {first} ...", about), cure)
    return Finding(name, bool(rows), Text("{count} ready", {"count": len(rows)}), cure)


def flows(patient: Patient) -> Finding:
    """Published flows are right, and some number leads to one."""
    name = Text("flows")
    problems = patient.db.run_sync(published_problems, patient.kinds)
    if problems:
        return Finding(name, False, problems, Text("change and publish: careline flow publish"))
    numbers = patient.db.run_sync(_numbers)
    cure = Text("let a number lead to a flow: careline dnis set")
    return Finding(
        name, bool(numbers), Text("called numbers: {numbers}", {"numbers": numbers}), cure
    )


def _numbers(tx: Tx) -> list[str]:
    return [entry.number for entry in list_dnis(tx)]


def plugins(patient: Patient) -> Finding:
    """Those that are enabled can be loaded, run, and have no hook switched off."""
    name = Text("plugins")
    try:
        check_enabled(patient.settings, read_catalog())
    except CarelineError as error:
        return Finding(name, False, error, Text("change careline.toml, or install what is missing"))
    enabled = [one for one in patient.status.get("plugins", ()) if one["enabled"]]
    ill = [one["name"] for one in enabled if one["state"] == "failed" or one["hooks_off"]]
    if ill:
        found = Text("in trouble: {plugins}", {"plugins": ill})
        return Finding(name, False, found, Text("see: careline plugin list"))
    if patient.runs and (worst := _unwell(patient)):
        return Finding(name, False, worst, Text("see: careline plugin list"))
    return Finding(name, True, list(patient.settings.plugins) or Text("none enabled"))


def versions(patient: Patient) -> Iterator[Finding]:
    """Plugins that were upgraded: the version in use, and how the last change went."""
    for one in versions_of(patient.settings.home):
        name, last = Text("version of {plugin}", {"plugin": one.name}), one.outcome
        if one.trial is not None:
            wanted = one.trial.new.partition("-")[2]  # folders are numbered
            found = Text("{version} waits for the core to try it", {"version": wanted})
            yield Finding(name, None, found)
        elif last is not None and last.version != last.wanted:
            about: dict[str, object] = {
                "version": last.version,
                "wanted": last.wanted,
                "reason": last.reason,
            }
            yield Finding(name, None, Text("{version}; {wanted} was taken back: {reason}", about))
        elif one.in_use is not None:
            yield Finding(name, None, Text("{version}, kept here", {"version": one.in_use.version}))


def _unwell(patient: Patient) -> list[str]:
    """What plugins say of the things that they depend on, as far as it is not well."""
    told = patient.control.call("health")
    said = [
        f"{one['plugin']}: {one['title']}: {one['detail']} {one['remedy']}".strip()
        for one in told["checks"]
        if one["level"] not in ("ok", "notice")
    ]
    return said + [f"{plugin}: {why}" for plugin, why in told["missing"].items()]
