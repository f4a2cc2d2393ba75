"""What careline unpacks when the machine lacks it: Asterisk, and the programs for speech."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from careline.asterisk.apt import DEBIAN_KEYS, Progress, own_suite, sid
from careline.asterisk.debian import PackageSet, unpack
from careline.asterisk.layout import Tree, unpacked
from careline.asterisk.modules import present
from careline.errors import NotFound, Unavailable

# What maintainer scripts want, and libraries that only modules outside the lean list need: each
# is a leaf of the dependencies, so everything below it goes too. A library that is new in the
# suite is not named here and so is fetched: more than needed, never less.
_SKIP = """
adduser asterisk-config asterisk-config-custom debconf debconf-2.0 passwd perl perl-base
libc-gconv-modules-extra gcc-16-base openssl-provider-legacy systemd-standalone-tmpfiles
libcodec2-1.2 libcurl4t64 libglib2.0-0t64 libgmime-3.0-0t64 libical3t64 libiksemel3
libjack-jackd2-0 libjwt2 libldap2 liblua5.1-0 libneon27t64 libodbc2 libogg0 libopencore-amrnb0
libopencore-amrwb0 libopusenc0 libopusfile0 libportaudio2 libpq5 libradcli4 libresample1
libsnmp45 libspeex1 libspeexdsp1 libsybdb5 libunbound8 libvo-amrwbenc0 libvorbis0a libvorbisenc2
libvorbisfile3
"""
ASTERISK = PackageSet(
    ("asterisk", "asterisk-modules", "asterisk-core-sounds-en-gsm", "asterisk-moh-opsound-gsm"),
    frozenset(_SKIP.split()),
)
#: Program -> the packages that bring it.
TOOLS = {"sox": ("sox",), "espeak-ng": ("espeak-ng", "espeak-ng-data")}


def install_asterisk(
    root: Path, progress: Progress, mirror: str = "", keys: Path = DEBIAN_KEYS
) -> Tree:
    """Unpack Asterisk at ``root`` (65 MB, from 38 MB of downloads); at once when it is there."""
    return unpacked(unpack(root, ASTERISK, lambda: sid(mirror, keys), progress, check_asterisk))


def check_asterisk(root: Path) -> None:
    """See that Asterisk and each module of the lean list find all their libraries in the tree.

    Raises Unavailable("asterisk.incomplete") naming what is missing.
    """
    tree = unpacked(root)
    modules = (tree.modules / f"{name}.so" for name in present(tree.module_files))
    missing = {lack for path in (tree.binary, *modules) for lack in _missing(tree, path)}
    if missing:
        raise Unavailable(
            "asterisk.incomplete",
            "This suite's Asterisk needs libraries that were not unpacked ({names}); "
            "please report it, and use another mirror or an installed Asterisk until then",
            names=", ".join(sorted(missing)),
        )


def _missing(tree: Tree, path: Path) -> list[str]:
    loader = str(tree.loader)
    lib = str(Path(loader).parent)
    done = subprocess.run(  # noqa: S603 - the tree's own loader, no shell
        [loader, "--inhibit-cache", "--library-path", lib, "--list", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    found = re.findall(r"(\S+) => not found", done.stdout)
    return found + re.findall(r"loading shared libraries: (\S+):", done.stderr)


def find_tool(name: str, root: Path) -> Path:
    """The program ``name``: the system's own, else the one unpacked below ``root``.

    Raises NotFound("tool.missing").
    """
    found = shutil.which(name)
    if found:
        return Path(found)
    wrapper = root / "bin" / name
    if wrapper.exists():
        return wrapper
    raise NotFound(
        "tool.missing",
        "The program {name} is missing: run `careline init`, or install the package {package}",
        name=name,
        package=TOOLS.get(name, (name,))[0],
    )


def install_tools(
    root: Path,
    progress: Progress,
    names: Sequence[str] = tuple(TOOLS),
    find: bool = True,
) -> dict[str, Path]:
    """Make the programs ``names`` available; those the system lacks are unpacked below ``root``.

    ``find=False`` takes none from the system. Returns program -> path.
    """
    lacking = [name for name in names if not (find and shutil.which(name))]
    if lacking:
        packages = tuple(package for name in lacking for package in TOOLS[name])
        wanted = PackageSet(packages, installed_names() - set(packages))
        tree = unpack(root / "tree", wanted, own_suite, progress)
        (root / "bin").mkdir(exist_ok=True)
        for name in lacking:
            _wrap(root / "bin" / name, tree, tree / "usr/bin" / name)
    return {
        name: root / "bin" / name if name in lacking else find_tool(name, root) for name in names
    }


def installed_names() -> frozenset[str]:
    """What this machine has already: the names of its packages and of all they provide."""
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}, ${Provides}\\n"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    lines = (line.split(" ", 1) for line in done.stdout.splitlines())
    names = (line[1].split(",") for line in lines if line[0] == "installed")
    return frozenset(part.split()[0] for parts in names for part in parts if part.strip())


def _wrap(path: Path, tree: Path, program: Path) -> None:
    """A script that runs ``program`` with the tree's libraries before the system's, and try it."""
    libraries = {file.parent for file in tree.glob("**/lib*.so*") if "gconv" not in file.parts}
    search = shlex.quote(":".join(str(folder) for folder in sorted(libraries)))
    # An empty path would mean the folder that one happens to be in.
    use = f"export LD_LIBRARY_PATH={search}\n" if libraries else ""
    voices = next(iter(tree.glob("usr/lib/*/espeak-ng-data")), tree / "usr/share/espeak-ng-data")
    path.write_text(
        "#!/bin/sh\n# Written by careline.\n"
        f"{use}export ESPEAK_DATA_PATH={shlex.quote(str(voices.parent))}\n"
        f'exec {shlex.quote(str(program))} "$@"\n'
    )
    path.chmod(0o755)
    done = subprocess.run(  # noqa: S603 - the script just written
        [str(path), "--version"], capture_output=True, text=True, check=False, timeout=30
    )
    if done.returncode:
        path.unlink()
        raise Unavailable(
            "tool.broken",
            "{name} was unpacked but does not run: {reason}",
            name=path.name,
            reason=done.stderr.strip()[-300:] or os.strerror(abs(done.returncode)),
        )
