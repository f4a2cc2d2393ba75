"""The errors careline raises on purpose: five kinds, by what the reader can do about them.

A message is an English msgid with named fields, so that it can be translated where it is shown
(:func:`careline.i18n.translate`); the code is stable and meant for programs.
"""

from __future__ import annotations

from collections.abc import Sequence


class CarelineError(Exception):
    """Base of all deliberate errors.

    ``code`` is stable (``"flow.dead_end"``), ``message`` an English msgid in ``str.format`` form,
    ``params`` its fields, ``problems`` the single errors when several were found at once.
    """

    def __init__(
        self,
        code: str,
        message: str,
        /,
        *,
        problems: Sequence[CarelineError] = (),
        **params: object,
    ) -> None:
        self.code = code
        self.message = message
        self.params = params
        self.problems = tuple(problems)
        super().__init__(code, message)

    def __str__(self) -> str:
        """English text, with each single problem on a line of its own."""
        lines = [self.message.format(**self.params)]
        return "\n  - ".join(lines + [str(problem) for problem in self.problems])


class NotFound(CarelineError):
    """What was named does not exist."""


class Refused(CarelineError):
    """It exists, but the one who asks may not, or a rule forbids it now."""


class Conflict(CarelineError):
    """Somebody else changed it first; read again and decide anew."""


class Invalid(CarelineError):
    """The input is wrong; it says where and what would be right."""


class Unavailable(CarelineError):
    """Something outside does not answer now; trying later may help."""
