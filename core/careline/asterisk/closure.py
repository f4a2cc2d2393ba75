"""Which Debian packages a set of packages needs: reading an index, walking what they depend on."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from attrs import field, frozen

from careline.errors import NotFound

_FIELD = re.compile(r"^([A-Za-z-]+): (.*)$", re.MULTILINE)


@frozen
class Package:
    """One package of an index; ``depends`` are groups of alternatives; sizes in bytes."""

    name: str
    version: str
    depends: tuple[tuple[str, ...], ...] = ()
    provides: tuple[str, ...] = ()
    download: int = 0
    unpacked: int = 0


@frozen
class Index:
    """Packages by name, and who provides a virtual name (the first that says so)."""

    packages: Mapping[str, Package]
    providers: Mapping[str, str] = field(factory=dict)

    def find(self, name: str) -> Package | None:
        """The package of that name, else one that provides it."""
        return self.packages.get(name) or self.packages.get(self.providers.get(name, ""))


def parse(dump: str) -> Index:
    """Read stanzas as ``apt-cache dumpavail`` prints them; the first of a name counts."""
    packages: dict[str, Package] = {}
    providers: dict[str, str] = {}
    for stanza in dump.split("\n\n"):
        fields = dict(_FIELD.findall(stanza))
        if "Package" in fields and fields["Package"] not in packages:
            package = _package(fields)
            packages[package.name] = package
            for name in package.provides:
                providers.setdefault(name, package.name)
    return Index(packages, providers)


def _package(fields: Mapping[str, str]) -> Package:
    relations = (fields.get(name, "") for name in ("Pre-Depends", "Depends"))
    return Package(
        name=fields["Package"],
        version=fields.get("Version", ""),
        depends=tuple(group for text in relations for group in _groups(text)),
        provides=tuple(name for group in _groups(fields.get("Provides", "")) for name in group),
        download=int(fields.get("Size", 0)),
        unpacked=int(fields.get("Installed-Size", 0)) * 1024,
    )


def _groups(relation: str) -> Iterator[tuple[str, ...]]:
    """``a (>= 1) | b:any, c`` -> ("a", "b"), ("c",)."""
    for group in relation.split(","):
        names = tuple(re.split(r"[\s(:\[]", part.strip())[0] for part in group.split("|"))
        if names[0]:
            yield names


def closure(index: Index, wanted: Iterable[str], skip: Collection[str] = ()) -> list[Package]:
    """``wanted`` and all that they depend on, less what is in ``skip`` and what only that needs.

    Of alternatives the first that exists is taken, unless one is chosen or skipped already.
    Raises NotFound("debian.package") for a wanted package that the index does not have.
    """
    chosen: dict[str, Package] = {}
    queue = list(wanted)
    required = set(queue)
    while queue:
        name = queue.pop()
        package = index.find(name)
        if package is None and name in required:
            raise NotFound("debian.package", "The mirror has no package {name}", name=name)
        if package is None or package.name in chosen or {name, package.name} & set(skip):
            continue
        chosen[package.name] = package
        queue += _needs(index, package, {*chosen, *skip})
    return list(chosen.values())


def _needs(index: Index, package: Package, settled: Collection[str]) -> Iterator[str]:
    for group in package.depends:
        if not any(name in settled for name in group):
            yield next((name for name in group if index.find(name)), group[0])
