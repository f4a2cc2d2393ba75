"""``python -m careline.i18n.update``: brings the ``.po`` files in step with the source.

Who writes a plugin elsewhere names the folder in which its package lies:
``python -m careline.i18n.update .``. New msgids are added without a translation, vanished
ones are kept as obsolete; says what is missing and where, and ends with 1 while anything is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from careline.i18n.catalog import LANGUAGES, po_file
from careline.i18n.extract import Found, extract_tree

REPOSITORY = Path(__file__).parents[3]
SPOKEN = [lang for lang in LANGUAGES if lang != "en"]
"""Languages that need a catalog: English texts are the msgids."""


def package_roots(repository: Path) -> dict[Path, list[Path]]:
    """Each package that keeps a catalog, with the source folders whose texts go there."""
    core = repository / "core" / "careline"
    command = repository / "cli" / "careline_cli"
    migrations = repository / "migrations" / "careline_migrations"
    plugins = sorted(repository.glob("plugins/*/careline_*"))
    return {core: [core, command, migrations]} | {plugin: [plugin] for plugin in plugins}


def update(package: Path, found: Iterable[Found], repository: Path) -> list[str]:
    """Write one package's catalogs anew; returns the msgids that lack a translation."""
    template = Catalog(project="careline", charset="utf-8")
    for hit in found:
        where = str(Path(hit.path).relative_to(repository))
        msgid = (hit.msgid, hit.plural) if hit.plural else hit.msgid
        template.add(msgid, locations=[(where, 0)])
    missing: list[str] = []
    for lang in SPOKEN:
        catalog = _merged(po_file(package, lang), lang, template)
        missing += [str(message.id) for message in catalog if message.id and _lacks(message.string)]
    return missing


def _merged(path: Path, lang: str, template: Catalog) -> Catalog:
    catalog = read_catalog(path, lang)
    catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
    target = BytesIO()
    write_po(target, catalog, width=100, sort_output=True, omit_header=False, include_lineno=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != target.getvalue():
        path.write_bytes(target.getvalue())
    return catalog


def read_catalog(path: Path, lang: str) -> Catalog:
    """The catalog in this file, or an empty one."""
    if not path.exists():
        return Catalog(locale=lang, project="careline", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=lang, charset="utf-8")


def _lacks(string: object) -> bool:
    forms = string if isinstance(string, tuple | list) else (string,)
    return not all(forms)


def plugins_in(folder: Path) -> dict[Path, list[Path]]:
    """The packages of plugins that lie in a folder outside the repository."""
    found = sorted(one.parent for one in folder.glob("careline_*/__init__.py"))
    return {package: [package] for package in found}


def main(folders: Sequence[str] = ()) -> int:
    """Update every package of the repository, or the plugins in ``folders``."""
    missing: dict[Path, list[str]] = {}
    trees = {folder: plugins_in(folder) for folder in (Path(one).resolve() for one in folders)}
    for above, packages in (trees or {REPOSITORY: package_roots(REPOSITORY)}).items():
        for package, roots in packages.items():
            found = extract_tree(root for root in roots if root.is_dir())
            lacking = update(package, found, above)
            if lacking:
                missing[package] = lacking
    if not missing:
        print("all texts are translated")
    for package, lacking in missing.items():
        files = ", ".join(str(po_file(package, lang)) for lang in SPOKEN)
        print(f"{len(lacking)} without a translation; write it below each as msgstr in {files}:")
        for msgid in lacking:
            print(f"  {msgid}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
