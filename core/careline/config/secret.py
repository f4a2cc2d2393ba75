"""A password or key: never printed, never in careline.toml itself."""

from __future__ import annotations

import secrets
import string

from attrs import field, frozen

_ALPHABET = string.ascii_letters + string.digits


@frozen
class Secret:
    """A value that neither ``str`` nor ``repr`` shows; ``reveal()`` gives it out."""

    _value: str = field(repr=False)

    def __str__(self) -> str:
        return "***"

    def reveal(self) -> str:
        """The secret itself, for the one line that sends it."""
        return self._value


def new_secret(length: int = 20) -> Secret:
    """Make a random secret of letters and digits, safe in every file format we write."""
    return Secret("".join(secrets.choice(_ALPHABET) for _ in range(length)))
