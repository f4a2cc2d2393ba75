"""Makes the test plugins known: as a catalog, or to another process through a folder of its own."""

from __future__ import annotations

from pathlib import Path

from tests.plugins_for_tests import every_hook, misbehaving, witness

from careline.plugins import Catalog

PLUGINS = {
    "every_hook": every_hook.plugin,
    "misbehaving": misbehaving.plugin,
    "witness": witness.plugin,
}
CATALOG = Catalog(PLUGINS)


def install(folder: Path) -> Path:
    """Write what pip would write for a package that offers them; put ``folder`` on the path."""
    info = folder / "careline_plugins_for_tests-1.0.dist-info"
    info.mkdir(parents=True)
    about = "Metadata-Version: 2.1\nName: careline-plugins-for-tests\nVersion: 1.0\n"
    (info / "METADATA").write_text(about)
    points = [f"{name} = tests.plugins_for_tests.{name}:plugin" for name in PLUGINS]
    (info / "entry_points.txt").write_text("\n".join(["[careline.plugins]", *points, ""]))
    return folder
