"""What pages call the purposes of contacts, and the plugins that ask for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from attrs import frozen

from careline.hooks import Purpose
from careline.i18n import Text


@frozen
class Names:
    """``purposes`` are what plugins bring; ``plugins`` gives the title (a msgid) of each."""

    purposes: Callable[[], Iterable[Purpose]] = tuple
    plugins: Callable[[], Mapping[str, str]] = dict

    def purpose(self, name: str) -> Text:
        """The title of a purpose; its stable name when no plugin that is on has named it."""
        return self._known(name, {one.name: one.title for one in self.purposes()})

    def plugin(self, name: str) -> Text:
        """The title of a plugin; its name when it is installed no more."""
        return self._known(name, self.plugins())

    def is_plugin(self, name: str) -> bool:
        """False for people's logins."""
        return name in self.plugins()

    def _known(self, name: str, titles: Mapping[str, str]) -> Text:
        title = titles.get(name)
        return Text(title) if title else Text("{name}", {"name": name or "–"})
