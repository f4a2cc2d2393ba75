"""Where an Asterisk's program files (the tree) and one instance's own files (its folders) lie."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from attrs import frozen

from careline.errors import NotFound, Refused

#: A Unix socket's path ends at 107 bytes; ``/asterisk.ctl`` takes 13 of them.
RUN_LIMIT = 90


@frozen
class Tree:
    """Program files: ``binary``, ``modules`` and ``share``, and ``loader`` when it is unpacked.

    ``loader`` is the tree's own dynamic loader: an unpacked tree brings all its libraries, and
    must not mix with those of the host. None for an Asterisk that the system installed.
    """

    binary: Path
    modules: Path
    share: Path
    loader: Path | None = None

    @property
    def module_files(self) -> frozenset[str]:
        """File names of the modules that are there."""
        return frozenset(path.name for path in self.modules.glob("*.so"))


def unpacked(root: Path) -> Tree:
    """The tree that was unpacked at ``root``. Raises NotFound("asterisk.tree")."""
    loaders = sorted(root.glob("usr/lib/*-linux-gnu*/ld-linux*.so.*"))
    binary = root / "usr/sbin/asterisk"
    if not loaders or not binary.exists():
        raise NotFound(
            "asterisk.tree",
            "No Asterisk in {root}: run `careline asterisk install`",
            root=str(root),
        )
    loader = loaders[0]
    return Tree(binary, loader.parent / "asterisk/modules", root / "usr/share/asterisk", loader)


def installed() -> Tree:
    """The Asterisk that the system's packages installed. Raises NotFound("asterisk.installed")."""
    binary = Path("/usr/sbin/asterisk")
    places = [*Path("/usr/lib").glob("*/asterisk/modules"), Path("/usr/lib/asterisk/modules")]
    modules = next((place for place in places if place.is_dir()), None)
    if modules is None or not binary.exists():
        raise NotFound("asterisk.installed", "No Asterisk is installed on this machine")
    shares = (Path("/usr/share/asterisk"), Path("/var/lib/asterisk"))
    share = next((path for path in shares if (path / "documentation").is_dir()), shares[-1])
    return Tree(binary, modules, share)


@frozen
class Folders:
    """The folders of one instance below ``root``; ``run`` may be elsewhere, see :func:`folders`."""

    root: Path
    run: Path

    @property
    def etc(self) -> Path:
        """Configuration files."""
        return self.root / "etc"

    @property
    def lib(self) -> Path:
        """Asterisk's own database and keys."""
        return self.root / "lib"

    @property
    def data(self) -> Path:
        """Sounds, music and documentation: links into the tree, beside sounds of our own."""
        return self.root / "data"

    @property
    def spool(self) -> Path:
        """Recordings and voicemail on their way."""
        return self.root / "spool"

    @property
    def log(self) -> Path:
        """messages.log, security.log, queue_log and cel-custom/journal.csv."""
        return self.root / "log"

    @property
    def cache(self) -> Path:
        """What may be deleted at any time."""
        return self.root / "cache"

    @property
    def script(self) -> Path:
        """run.sh, which starts Asterisk or talks to the running one."""
        return self.root / "run.sh"

    @property
    def configuration(self) -> Path:
        """asterisk.conf."""
        return self.etc / "asterisk.conf"

    @property
    def socket(self) -> Path:
        """The control socket of the running Asterisk."""
        return self.run / "asterisk.ctl"

    @property
    def pid_file(self) -> Path:
        """Holds the process id of the running Asterisk."""
        return self.run / "asterisk.pid"


def folders(root: Path) -> Folders:
    """The folders below ``root``; a long path gets a short run folder of this user in /tmp."""
    root = root.resolve()
    run = root / "run"
    if len(os.fsencode(run)) > RUN_LIMIT:
        digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
        run = Path(f"/tmp/careline-{os.getuid()}-{digest}")  # noqa: S108 - checked by make_folders
    return Folders(root, run)


def make_folders(where: Folders, tree: Tree, prompts: Path | None = None) -> None:
    """Make the folders, private to this user, and link sounds, music and documentation.

    ``prompts`` (one folder per language) becomes Asterisk's sounds; Asterisk's own English ones
    are linked into it file by file, where nothing of that name is. Raises
    Refused("asterisk.run_folder") when somebody else owns the run folder.
    """
    where.root.mkdir(parents=True, exist_ok=True)
    where.root.chmod(0o700)
    for path in (
        *(where.etc, where.run, where.cache, where.data, where.lib / "agi-bin", where.lib / "keys"),
        *(where.spool / name for name in ("monitor", "voicemail", "fax", "outgoing", "tmp")),
        *(where.spool / "recording", where.log / "cdr-csv", where.log / "cel-custom"),
    ):
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if where.run.is_symlink() or where.run.stat().st_uid != os.getuid():
        raise Refused(
            "asterisk.run_folder", "{path} belongs to somebody else: remove it", path=str(where.run)
        )
    for name in ("moh", "documentation", "rest-api", "static-http"):
        _link(where.data / name, tree.share / name)
    sounds = where.data / "sounds"
    if prompts is not None:
        prompts.mkdir(parents=True, exist_ok=True)
        _link(sounds, prompts.resolve())
    _link_english(sounds / "en", tree.share / "sounds")


def _link_english(folder: Path, sounds: Path) -> None:
    """Debian unpacks the English sounds under the name of their speaker; follow no link to it."""
    source = next(iter(sorted(sounds.glob("en_US_*"))), sounds / "en")
    for path, _, names in os.walk(source):
        target = folder / Path(path).relative_to(source)
        target.mkdir(parents=True, exist_ok=True)
        for name in names:
            _link(target / name, Path(path) / name)


def _link(link: Path, target: Path) -> None:
    """Let ``link`` lead to ``target`` unless something real is there."""
    if link.is_symlink():
        if link.readlink() == target:
            return
        link.unlink()
    if not link.exists() and target.exists():
        link.symlink_to(target)
