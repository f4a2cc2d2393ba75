"""All configuration files of an instance: rendered, written when changed, reloaded by need."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from careline.asterisk import plain
from careline.asterisk.layout import Folders, Tree
from careline.asterisk.manager import manager
from careline.asterisk.model import AsteriskFiles
from careline.asterisk.modules import present
from careline.asterisk.pjsip import pjsip, transports
from careline.asterisk.queues import music, queues
from careline.errors import Unavailable
from careline.i18n import reason

#: The commands that make a running Asterisk take up a changed file, in this order.
RELOADS: Mapping[str, tuple[str, ...]] = {
    "musiconhold.conf": ("moh reload",),
    "pjsip.conf": (
        "module reload res_pjsip.so",
        "module reload res_pjsip_outbound_registration.so",
    ),
    "queues.conf": ("queue reload all",),
    "queuerules.conf": ("queue reload rules",),
    "extensions.conf": ("dialplan reload",),
    "manager.conf": ("manager reload",),
    "logger.conf": ("logger reload",),
    "http.conf": ("module reload http",),
    "rtp.conf": ("module reload res_rtp_asterisk.so",),
    "indications.conf": ("module reload indications",),
    "features.conf": ("module reload features",),
    "cel.conf": ("module reload cel",),
    "cel_custom.conf": ("module reload cel_custom.so",),
    "confbridge.conf": ("module reload app_confbridge.so",),
    "amd.conf": ("module reload app_amd.so",),
    "udptl.conf": ("module reload udptl",),
    "res_fax.conf": ("module reload res_fax.so",),
    "acl.conf": ("module reload acl",),
}


@frozen
class Changes:
    """Which files were written anew, and what a running Asterisk needs to follow."""

    files: tuple[str, ...] = ()

    @property
    def reloads(self) -> tuple[str, ...]:
        """CLI commands, each once."""
        return tuple(
            command
            for name, commands in RELOADS.items()
            if name in self.files
            for command in commands
        )

    @property
    def restart(self) -> bool:
        """True when a changed file is read at start only (addresses, folders, modules)."""
        return any(name not in RELOADS for name in self.files)


def render(files: AsteriskFiles, tree: Tree, folders: Folders) -> dict[str, str]:
    """File name -> text of everything in the instance's etc folder."""
    return {
        **plain.quiet(),
        "asterisk.conf": plain.asterisk(files, tree, folders),
        "modules.conf": plain.modules(present(tree.module_files)),
        "logger.conf": plain.logger(),
        "cel.conf": plain.cel(),
        "cel_custom.conf": plain.cel_custom(),
        "http.conf": plain.http(files),
        "rtp.conf": plain.rtp(files),
        "manager.conf": manager(files),
        "pjsip_transports.conf": transports(files),
        "pjsip.conf": pjsip(files),
        "queues.conf": queues(files),
        "musiconhold.conf": music(files),
        "extensions.conf": files.dialplan,
    }


def write(folder: Path, texts: Mapping[str, str]) -> Changes:
    """Write those texts that differ from what ``folder`` holds, each in one step, mode 0600.

    Raises Unavailable("asterisk.write") when the disk refuses; files written until then are whole.
    """
    try:
        return Changes(tuple(name for name in texts if _put(folder / name, texts[name])))
    except OSError as error:
        raise Unavailable(
            "asterisk.write",
            "The configuration in {folder} cannot be written: {reason}",
            folder=str(folder),
            reason=reason(error),
        ) from error


def _put(path: Path, text: str) -> bool:
    data = text.encode()
    if path.is_file() and path.read_bytes() == data:
        return False
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    fresh.replace(path)
    return True
