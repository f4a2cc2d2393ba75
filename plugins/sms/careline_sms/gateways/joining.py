"""Long replies come in pieces, in any order, some twice, some never: joined to the text again."""

from __future__ import annotations

from attrs import Factory, define

from careline_sms.gateways.udh import Place

WAIT_S = 600.0
"""Seconds after which a text is given on without the pieces that are missing."""
MOST_TEXTS = 1000
"""Unfinished texts; beyond that the oldest is given on as it is."""
GAP = "…"

Key = tuple[str, str, int, int]


@define
class Text:
    """A text that is being joined; ``began`` in monotonic seconds."""

    number: str
    to: str
    total: int
    began: float
    pieces: dict[int, str] = Factory(dict)

    def __str__(self) -> str:
        parts = (self.pieces.get(one, GAP) for one in range(1, self.total + 1))
        return "".join(parts)


@define
class Joining:
    """Texts by who sent them to whom and their reference, which phones begin anew after 256."""

    _texts: dict[Key, Text] = Factory(dict)
    _mixed: list[Text] = Factory(list)

    def add(self, number: str, to: str, place: Place, piece: str, now: float) -> Text | None:
        """Take a piece; the text once all are there.

        Another piece in the place of one that is there begins a new text.
        """
        key = (number, to, place.reference, place.total)
        text = self._texts.setdefault(key, Text(number, to, place.total, now))
        if text.pieces.setdefault(place.number, piece) != piece:
            self._mixed.append(text)
            text = Text(number, to, place.total, now, {place.number: piece})
            self._texts[key] = text
        if len(text.pieces) < text.total:
            return None
        del self._texts[key]
        return text

    def overdue(self, now: float) -> list[Text]:
        """Take out what has waited long enough, or is more than is kept."""
        over = len(self._texts) - MOST_TEXTS
        late = [
            key
            for index, (key, text) in enumerate(self._texts.items())
            if now - text.began >= WAIT_S or index < over
        ]
        mixed, self._mixed = self._mixed, []
        return [*mixed, *(self._texts.pop(key) for key in late)]

    def all(self) -> list[Text]:
        """Take out everything: the gateway ends."""
        texts = [*self._mixed, *self._texts.values()]
        self._texts, self._mixed = {}, []
        return texts
