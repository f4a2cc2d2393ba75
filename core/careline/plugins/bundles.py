"""Bundles: named lists of plugins, ours as data and a hospital's own from careline.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files

from attrs import frozen

from careline.config import BundleSettings
from careline.errors import Invalid
from careline.plugins.catalog import Catalog
from careline.plugins.checks import problems_of


@frozen
class Bundle:
    """A named list of plugins; ``title`` is Chinese, ``title_en`` English."""

    name: str
    title: str
    title_en: str
    plugins: tuple[str, ...]


@frozen
class BundlePreview:
    """What enabling a bundle would do.

    ``result`` is the whole list of enabled plugins afterwards, ``added`` what is new in it,
    ``required`` those of the added that the bundle does not name but its plugins need.
    """

    bundle: Bundle
    result: tuple[str, ...]
    added: tuple[str, ...]
    already: tuple[str, ...]
    required: tuple[str, ...]
    not_installed: tuple[str, ...]
    problems: tuple[Invalid, ...]


def bundles(own: Mapping[str, BundleSettings]) -> dict[str, Bundle]:
    """All bundles by name; a hospital's own wins over one of ours of the same name."""
    text = files("careline.plugins").joinpath("data/bundles.toml").read_text(encoding="utf-8")
    found = {
        name: Bundle(name, one["title"], one["title_en"], tuple(one["plugins"]))
        for name, one in tomllib.loads(text).items()
    }
    for name, ours in own.items():
        title = ours.title or ours.title_en or name
        found[name] = Bundle(name, title, ours.title_en or title, ours.plugins)
    return found


def preview(bundle: Bundle, enabled: Sequence[str], catalog: Catalog) -> BundlePreview:
    """Say what enabling ``bundle`` would change; nothing is changed."""
    present = [name for name in bundle.plugins if name in catalog.names]
    result = with_required([*enabled, *present], catalog)
    added = tuple(name for name in result if name not in enabled)
    return BundlePreview(
        bundle=bundle,
        result=result,
        added=added,
        already=tuple(name for name in bundle.plugins if name in enabled),
        required=tuple(name for name in added if name not in bundle.plugins),
        not_installed=tuple(name for name in bundle.plugins if name not in catalog.names),
        problems=tuple(problems_of(result, catalog)),
    )


def with_required(names: Sequence[str], catalog: Catalog) -> tuple[str, ...]:
    """``names`` with all that they need, each behind what it needs, else in the order given."""
    result: list[str] = []

    def add(name: str, above: tuple[str, ...]) -> None:
        if name in result or name in above:  # in above: a circle, which problems_of reports
            return
        plugin = catalog.plugins.get(name)
        for needed in plugin.requires if plugin else ():
            add(needed, (*above, name))
        result.append(name)

    for name in names:
        add(name, ())
    return tuple(result)
