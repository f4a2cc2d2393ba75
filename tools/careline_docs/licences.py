"""What careline depends on and under which licence: the page, and what metadata says of it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

from packaging.requirements import Requirement

from careline_docs.house import ROOT
from careline_docs.markdown import table

LOCK = "core/careline/web/frontend/package-lock.json"
#: The extras with which careline runs somewhere; ``test`` is for developers alone.
EXTRAS = ("docs", "opus", "postgresql", "s3")
#: Licences under which a hospital may use, change and pass on the whole for any purpose.
FREE = frozenset(
    {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0"}
    | {"MPL-2.0", "PSF-2.0", "ZPL-2.1"}
)
#: Those that are as free for use, as long as the package stays one of its own: each has a note.
NOTED = frozenset({"LGPL-2.1-or-later", "LGPL-3.0-only"})
#: What classifiers and old fields call them.
CALLED = {
    "MIT": "MIT",
    "BSD": "BSD",
    "Apache": "Apache-2.0",
    "Mozilla": "MPL-2.0",
    "MPL": "MPL-2.0",
    "Lesser": "LGPL",
    "LGPL": "LGPL",
    "Zope": "ZPL-2.1",
    "Python": "PSF-2.0",
}
WORDS = {
    "zh": {
        "title": "所用软件与许可证",
        "about": (
            "careline 以 Apache-2.0 许可证发布（见 `LICENSE`）：医院可以自由使用、修改、再分发，"
            "包括商业用途；自己的插件用什么许可证由您决定。以下是它所用的软件，"
            "没有一个限制医院的使用。"
        ),
        "python": "Python 包",
        "npm": "网页组件",
        "programs": "独立的程序",
        "separate": "这些程序各自安装、单独运行，不是 careline 的一部分，其许可证不影响 careline。",
        "name": "名称",
        "licence": "许可证",
        "note": "说明",
    },
    "en": {
        "title": "Software and licences",
        "about": (
            "careline is under the Apache License 2.0 (see `LICENSE`): a hospital may use, change "
            "and pass it on, for money too, and its own plugins have whatever licence it likes. "
            "This is what careline stands on. Nothing of it forbids a hospital's use."
        ),
        "python": "Python packages",
        "npm": "Libraries of the pages",
        "programs": "Programs of their own",
        "separate": (
            "They are installed by themselves and run as processes of their own, so that their "
            "licences do not reach careline."
        ),
        "name": "name",
        "licence": "licence",
        "note": "note",
    },
}


def licence_page(language: str) -> str:
    """The page of licences."""
    words, column = WORDS[language], ["zh", "en"].index(language)
    notes, head = listed()["notes"], [words["name"], words["licence"], words["note"]]
    parts = [f"# {words['title']}\n\n{words['about']}\n"]
    for part in ("python", "npm"):
        rows = [
            [name, licence, notes[name][column] if name in notes else ""]
            for name, licence in listed()[part].items()
        ]
        parts.append(f"## {words[part]}\n\n{table(head, rows)}")
    rows = [[name, said[0], said[1 + column]] for name, said in listed()["programs"].items()]
    parts.append(f"## {words['programs']}\n\n{words['separate']}\n\n{table(head, rows)}")
    return "\n".join(parts)


@cache
def listed() -> Mapping[str, Mapping[str, Any]]:
    """docs/licences.toml."""
    return tomllib.loads((ROOT / "docs/licences.toml").read_text(encoding="utf-8"))


def needed(*, everywhere: bool = False) -> set[str]:
    """All Python packages that careline runs with here; ``everywhere``: on other machines too."""
    found: set[str] = set()
    wanted: list[tuple[str, tuple[str, ...]]] = [("careline", EXTRAS)]
    while wanted:
        name, extras = wanted.pop()
        for one in _requirements(name):
            marker = one.marker
            fits = marker is None or any(marker.evaluate({"extra": e}) for e in ("", *extras))
            optional = marker is not None and "extra" in str(marker)
            if (fits or (everywhere and not optional)) and _plain(one.name) not in found:
                found.add(_plain(one.name))
                wanted.append((one.name, tuple(one.extras)))
    return found


def _requirements(name: str) -> list[Requirement]:
    try:
        return [Requirement(one) for one in distribution(name).requires or ()]
    except PackageNotFoundError:
        return []


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def stated(name: str) -> set[str]:
    """What a package's own metadata calls its licence; a family (``BSD``) where it is vague."""
    meta = distribution(name).metadata
    if meta["License-Expression"]:
        return {meta["License-Expression"]}
    classifiers = [one for one in meta.get_all("Classifier") or () if one.startswith("License")]
    said = " ".join([*classifiers, (meta["License"] or "").partition("\n")[0]])
    found = {licence for word, licence in CALLED.items() if re.search(rf"\b{word}", said)}
    return found - ({"BSD"} if any(one.startswith("BSD-") for one in found) else set())


def agrees(licence: str, words: set[str]) -> bool:
    """True when the list says what the metadata says: the same, or one of its family."""
    parts = set(licence.split(" OR "))
    return licence in words or any(one.startswith(word) for one in parts for word in words if word)


def locked() -> Iterator[tuple[str, str]]:
    """The libraries of npm that are bundled, with the licence that the lock file gives."""
    packages = json.loads((ROOT / LOCK).read_text(encoding="utf-8"))["packages"]
    for place, one in packages.items():
        if place and not one.get("dev") and not one.get("optional"):
            yield place.rpartition("node_modules/")[2], one["license"]
