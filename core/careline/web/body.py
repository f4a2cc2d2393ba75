"""Bodies of requests: bounded while they come in, then read as the fields and files of a form."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qs

from attrs import field, frozen
from multipart import MultipartError, MultipartParser, parse_options_header
from twisted.python.failure import Failure
from twisted.web.server import Request

from careline.errors import Invalid
from careline.web.visit import Upload

FORM_BYTES = 1_000_000
UPLOAD_BYTES = 50_000_000
HOPELESS = 8_000_000
"""Who sends so many bytes more than may be is cut off."""
FIELDS = 2_000
FILES = 20
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


class BoundedRequest(Request):
    """Twisted's request, which keeps no more of a body than may be."""

    too_big = False
    _taken = 0

    def gotLength(self, length: int | None) -> None:
        """The body begins."""
        multipart = content_type(self)[0] == MULTIPART
        self._most = UPLOAD_BYTES if multipart else FORM_BYTES
        super().gotLength(  # type: ignore[no-untyped-call]  # Twisted's
            None if length is None else min(length, self._most)
        )

    def handleContentChunk(self, data: bytes) -> None:
        """A part of the body."""
        self._taken += len(data)
        if self._taken <= self._most:
            super().handleContentChunk(data)  # type: ignore[no-untyped-call]  # Twisted's
            return
        self.too_big = True
        if self._taken > self._most + HOPELESS:
            self.channel.forceAbortClient()  # type: ignore[no-untyped-call]  # Twisted's

    def connectionLost(self, reason: Failure) -> None:
        """The browser has gone: what came of the body is not needed."""
        super().connectionLost(reason)  # type: ignore[no-untyped-call]  # Twisted's
        if self.content is not None:
            self.content.close()


@frozen
class Form:
    """A form as it was sent."""

    fields: Mapping[str, Sequence[str]] = field(factory=dict)
    files: Mapping[str, Upload] = field(factory=dict)

    def remove_files(self) -> None:
        """The answer is given: what was uploaded is not needed any more."""
        for upload in self.files.values():
            upload.path.unlink(missing_ok=True)


def content_type(request: Any) -> tuple[str, Mapping[str, str]]:
    """The body's type, small letters, and its parameters."""
    header = request.getHeader("content-type") or ""
    kind, options = parse_options_header(header)
    return kind.lower(), options


def read_fields(body: IO[bytes], limit: int = FIELDS) -> Form:
    """A plain form; Invalid when it has too many fields."""
    text = body.read().decode("utf-8", "replace")
    try:
        return Form(parse_qs(text, keep_blank_values=True, errors="replace", max_num_fields=limit))
    except ValueError:
        raise Invalid("web.fields", "the form has too many fields") from None


def read_multipart(body: IO[bytes], boundary: str, folder: Path | None, files: bool) -> Form:
    """A form with files, which are kept in ``folder``; for a thread, since it reads and writes.

    Without ``files`` a form that carries one is Invalid.
    """
    found = Form({}, {})
    parser = MultipartParser(
        body,
        boundary,
        part_limit=FIELDS,
        memory_limit=FORM_BYTES,
        disk_limit=UPLOAD_BYTES,
        spool_limit=64_000,
    )
    try:
        for part in parser:
            _take(part, found, folder, files)
            part.close()
    except (MultipartError, UnicodeDecodeError):
        found.remove_files()
        raise Invalid("web.multipart", "the form cannot be read") from None
    except BaseException:
        found.remove_files()
        raise
    return found


def _take(part: Any, found: Form, folder: Path | None, files: bool) -> None:
    fields: dict[str, list[str]] = found.fields  # type: ignore[assignment]  # ours, being filled
    kept: dict[str, Upload] = found.files  # type: ignore[assignment]  # ours, being filled
    if part.filename is None:
        if part.size > FORM_BYTES:
            raise Invalid("web.fields", "the form has too many fields")
        fields.setdefault(part.name, []).append(part.value)
        return
    if not part.filename and not part.size:  # a file field that was left empty
        return
    if not files or len(kept) >= FILES:
        raise Invalid("web.no_files", "this form takes no file")
    if part.name in kept:
        raise Invalid("web.one_file", "one file for each field")
    kept[part.name] = _stored(part, folder)


def _stored(part: Any, folder: Path | None) -> Upload:
    with tempfile.NamedTemporaryFile(prefix="upload-", dir=folder, delete=False) as file:
        part.file.seek(0)
        while chunk := part.file.read(1 << 16):
            file.write(chunk)
    return Upload(
        name=file_name(part.filename),
        mime=part.content_type,
        path=Path(file.name),
        size=part.size,
    )


def file_name(given: str) -> str:
    """What a file is called, without the folders that some browsers send along."""
    name = given.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in name if char.isprintable())[:200] or "file"
