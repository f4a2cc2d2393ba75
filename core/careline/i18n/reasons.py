"""Why the operating system refused, in the reader's language and with what to do about it."""

from __future__ import annotations

import errno

from careline.i18n.texts import Text

_FULL = Text("the disk is full; make room and try again")
_NOT_OURS = Text("this user may not; change the owner or the rights")
REASONS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: Text("this user's disk quota is used up; make room and try again"),
    errno.EFBIG: Text("files may not grow so large here; raise the limit (ulimit -f)"),
    errno.EACCES: _NOT_OURS,
    errno.EPERM: _NOT_OURS,
    errno.EROFS: Text("the disk is read-only; mount it so that it can be written"),
    errno.ENOENT: Text("there is no such file or folder"),
    errno.ENOTDIR: Text("a part of the path is a file, not a folder"),
    errno.EISDIR: Text("it is a folder, not a file"),
    errno.EMFILE: Text("too many files are open; raise the limit (ulimit -n)"),
    errno.EADDRNOTAVAIL: Text("this machine has no such address"),
    errno.EIO: Text("the disk fails; replace it and restore a backup"),
}


def reason(error: OSError) -> Text | str:
    """The reason for an error's message; the system's own words for what is rare."""
    return REASONS.get(error.errno or 0) or error.strerror or str(error)
