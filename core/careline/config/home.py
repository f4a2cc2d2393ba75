"""The home directory of one careline: where it is, and what lies where in it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

CONFIG_NAME = "careline.toml"
# sun_path holds 108 bytes with its final NUL; a little is left for a temporary name beside it.
SOCKET_PATH_LIMIT = 100


@frozen
class Home:
    """Paths under the home directory; nothing is created by asking for one."""

    root: Path

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.root / CONFIG_NAME

    @property
    def secrets(self) -> Path:
        """Files with one secret each, readable by the owner only."""
        return self.root / "secrets"

    @property
    def asterisk(self) -> Path:
        """The embedded Asterisk: tree, etc, spool, log."""
        return self.root / "asterisk"

    @property
    def prompts(self) -> Path:
        """Spoken prompts, one directory per language."""
        return self.root / "prompts"

    @property
    def voicemail(self) -> Path:
        """Messages left by callers."""
        return self.root / "voicemail"

    @property
    def recordings(self) -> Path:
        """Recorded conversations."""
        return self.root / "recordings"

    @property
    def transfers(self) -> Path:
        """Tables of patients on their way in or out."""
        return self.root / "transfers"

    @property
    def backups(self) -> Path:
        """Backups made by ``careline backup``."""
        return self.root / "backups"

    @property
    def plugins(self) -> Path:
        """Versions of plugins that were taken up here, each with the one before."""
        return self.root / "plugins"

    @property
    def log(self) -> Path:
        """Log files."""
        return self.root / "log"

    @property
    def control_socket(self) -> Path:
        """The socket of the command line; in a short run directory when the home's path is long."""
        near = self.root / "control.sock"
        if len(os.fsencode(near)) <= SOCKET_PATH_LIMIT:
            return near
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path("/tmp") / f"careline-{os.getuid()}" / f"{name}.sock"  # noqa: S108  made 0700 by who listens


def find_home(
    option: Path | str | None = None,
    environ: Mapping[str, str] = os.environ,
    working: Path | None = None,
) -> Home:
    """Choose the home: ``--home``, $CARELINE_HOME, ./var if it is one, else ~/.careline."""
    working = working or Path.cwd()
    if option:
        return Home((working / Path(option).expanduser()).resolve())
    if named := environ.get("CARELINE_HOME"):
        return Home((working / Path(named).expanduser()).resolve())
    near = working / "var"
    if (near / CONFIG_NAME).is_file():
        return Home(near.resolve())
    return Home(Path(environ.get("HOME") or Path.home()) / ".careline")
