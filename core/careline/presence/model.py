"""What is known of one agent's desk and of one phone; pure rules."""

from __future__ import annotations

from attrs import frozen

#: States of a device in which no call can ring there.
AWAY_STATES = frozenset({"UNAVAILABLE", "INVALID"})
#: What a contact's status says of the phone: gone, or there.
GONE = frozenset({"Removed", "Unreachable"})
#: A contact of which only its being there is known.
SOMEWHERE = "?"


@frozen(kw_only=True)
class Seat:
    """Where an agent sits: on which phone, and whether in a page that must show that it lives."""

    agent: str
    phone: str = ""
    browser: bool = False


@frozen
class Registered:
    """Where a phone is registered now, by contact address; none is away."""

    contacts: frozenset[str] = frozenset({SOMEWHERE})

    @property
    def there(self) -> bool:
        """True when a call can ring."""
        return bool(self.contacts)

    def contact(self, uri: str, status: str) -> Registered:
        """After one contact has come, gone, or stopped to answer."""
        known = self.contacts - {SOMEWHERE}
        if status in GONE:
            return Registered(known - {uri})
        return Registered(known | {uri})

    def device(self, state: str) -> Registered:
        """After the device's state was told; it says nothing of single contacts."""
        if state in AWAY_STATES:
            return Registered(frozenset())
        return self if self.contacts else Registered()
