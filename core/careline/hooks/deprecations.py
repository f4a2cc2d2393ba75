"""The version of the hooks, and what of them is on its way out: told a release ahead, in one place.

The second number rises with whatever is added; the first when something goes that a plugin may
use. What goes is listed in ``DEPRECATED`` at least one release before, and stays listed, so that a
plugin that comes too late is told what to use instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen
from packaging.version import Version

from careline.i18n import Text

#: The version of the core's hooks and of the values they are answered with.
API = "1.0"


@frozen(kw_only=True)
class Deprecation:
    """A hook, or one ``argument`` of it, that goes.

    ``since`` and ``gone`` are versions of the hooks (:data:`API`): the first that warns, and the
    first that does not have it any more. ``instead`` says what to use, as a msgid.
    """

    hook: str
    argument: str = ""
    since: str
    gone: str
    instead: str

    @property
    def what(self) -> str:
        """``hook``, or ``hook(argument)``."""
        return f"{self.hook}({self.argument})" if self.argument else self.hook

    def is_gone(self, api: str = API) -> bool:
        """True when hooks of version ``api`` do not have it any more."""
        return Version(api) >= Version(self.gone)

    @property
    def text(self) -> Text:
        """What a plugin's author and its administrator are told."""
        return Text(
            "hook {what} goes in version {gone} of the hooks (warned since {since}): {instead}",
            {
                "what": self.what,
                "gone": self.gone,
                "since": self.since,
                "instead": Text(self.instead),
            },
        )


#: Nothing yet: what changed before 1.0 was nobody's promise.
DEPRECATED: tuple[Deprecation, ...] = ()


def used(
    wanted: Iterable[tuple[str, tuple[str, ...]]], listed: Iterable[Deprecation] = DEPRECATED
) -> Iterator[Deprecation]:
    """Those of ``listed`` that somebody uses who implements hooks with these arguments."""
    hooks = dict(wanted)
    for one in listed:
        if one.hook in hooks and (not one.argument or one.argument in hooks[one.hook]):
            yield one
