"""What the switch reports of a call: small values that a record is folded from.

Times are aware UTC, always the switch's own, so that a slow core spoils no figure. A ``channel``
is Asterisk's uniqueid; a call's id is the linkedid of its channels (see ``rung``).
"""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

#: What fits into a column: a caller may claim to be anybody, at any length.
LONGEST = 64


def _cut(text: str) -> str:
    return text[:LONGEST]


@frozen(kw_only=True)
class Fact:
    """Something that happened on one channel at one time."""

    at: datetime
    channel: str


@frozen(kw_only=True)
class ChannelUp(Fact):
    """A channel was created; ``extension`` is what an incoming caller dialled, else empty.

    ``agent`` is who is signed in on that phone of the house. ``joins``: we ring it for a call that
    is up, as a leader's phone.
    """

    name: str
    context: str = ""
    extension: str = field(default="", converter=_cut)
    number: str = field(default="", converter=_cut)
    agent: str = ""
    joins: bool = False

    @property
    def endpoint(self) -> str:
        """Technology and resource without Asterisk's per-channel suffix: ``PJSIP/1001``."""
        return self.name.rpartition("-")[0] or self.name


@frozen(kw_only=True)
class ChannelAnswered(Fact):
    """The channel is up."""


@frozen(kw_only=True)
class ChannelGone(Fact):
    """The channel hung up, with the Q.850 cause."""

    cause: int = 0


@frozen(kw_only=True)
class Bridged(Fact):
    """The channel entered a bridge: talk begins when a second one is in it."""

    bridge: str


@frozen(kw_only=True)
class Unbridged(Fact):
    """The channel left a bridge."""

    bridge: str


@frozen(kw_only=True)
class Queued(Fact):
    """The caller entered a queue at ``position`` (1 is next)."""

    queue: str
    position: int = 0


@frozen(kw_only=True)
class Dequeued(Fact):
    """The caller left a queue; ``reason`` is ``left``, ``answered`` or ``abandoned``."""

    queue: str
    reason: str = ""


@frozen(kw_only=True)
class Rang(Fact):
    """An agent's phone began to ring for this call; ``channel`` is the agent's."""

    agent: str
    queue: str = ""


@frozen(kw_only=True)
class Called(Fact):
    """A phone of the house began to ring outside any queue (a transfer, a colleague's call)."""

    agent: str = ""


@frozen(kw_only=True)
class RingEnded(Fact):
    """The agent's phone stopped ringing: answered, no_answer, caller_gone, busy or failed."""

    result: str


@frozen(kw_only=True)
class Connected(Fact):
    """Caller and agent are put through; ``channel`` is the agent's."""

    agent: str
    queue: str = ""


@frozen(kw_only=True)
class Held(Fact):
    """The channel put the other side on hold.

    ``party`` is the channel that hears music when the switch holds it; empty when the phone itself
    holds.
    """

    party: str = ""


@frozen(kw_only=True)
class Resumed(Fact):
    """The channel took the other side back."""


@frozen(kw_only=True)
class Consulted(Fact):
    """The agent on ``channel`` begins to ask ``target`` while ``party``, a channel, waits."""

    agent: str
    target: str
    party: str


@frozen(kw_only=True)
class PhoneLost(Fact):
    """The agent's phone went away in mid-talk; ``party``, a channel, waits for its return."""

    agent: str
    party: str


@frozen(kw_only=True)
class Transferred(Fact):
    """The call was passed on to an extension or channel; ``how`` is blind or attended."""

    target: str
    how: str


@frozen(kw_only=True)
class Joined(Fact):
    """A leg of another call goes on in the call of ``to`` (a channel): its phone was referred."""

    to: str


@frozen(kw_only=True)
class Departed(Fact):
    """The leg goes on in another call."""


@frozen(kw_only=True)
class Identified(Fact):
    """What the core made of the numbers: campus, trunk, E.164 caller number, patients, lists."""

    campus: str = ""
    trunk: str = ""
    dnis: str = field(default="", converter=_cut)
    number: str = ""
    patients: tuple[int, ...] = ()
    vip: bool = False
    blocked: bool = False


@frozen(kw_only=True)
class Dialled(Fact):
    """We call somebody: the E.164 number, over which trunk, and for which campus."""

    number: str
    trunk: str = ""
    campus: str = ""


@frozen(kw_only=True)
class Linked(Fact):
    """It is known who is on the phone: a patient's id, and whether to be served first (VIP)."""

    patient: int
    vip: bool = False


@frozen(kw_only=True)
class Unlinked(Fact):
    """It was somebody else: this patient is not on the phone."""

    patient: int


@frozen(kw_only=True)
class Stepped(Fact):
    """A step of an IVR flow: ``flow``, ``node``, and what came of it (a digit, an outcome)."""

    flow: str
    node: str
    result: str = ""


@frozen(kw_only=True)
class Noted(Fact):
    """Anything else worth a line in the timeline, as a stable word and details."""

    what: str
    detail: dict[str, str] = field(factory=dict)


@frozen(kw_only=True)
class WrapUpStarted(Fact):
    """The agent's wrap-up began; ``channel`` is the agent's."""

    agent: str


@frozen(kw_only=True)
class WrapUpEnded(Fact):
    """The agent's wrap-up ended, with the disposition (业务类型) and note, if given."""

    agent: str
    disposition: str = ""
    note: str = ""


@frozen(kw_only=True)
class Amended(Fact):
    """The agent put disposition and note right afterwards: these are instead of those."""

    agent: str
    disposition: str = ""
    note: str = ""


@frozen(kw_only=True)
class Settled(Fact):
    """What became of a call that no agent took: voicemail, callback or self_service."""

    outcome: str


FACTS: dict[str, type[Fact]] = {
    cls.__name__: cls
    for cls in (
        ChannelUp,
        ChannelAnswered,
        ChannelGone,
        Bridged,
        Unbridged,
        Queued,
        Dequeued,
        Rang,
        RingEnded,
        Connected,
        Called,
        Held,
        Resumed,
        Consulted,
        PhoneLost,
        Transferred,
        Joined,
        Departed,
        Identified,
        Dialled,
        Linked,
        Unlinked,
        Stepped,
        Noted,
        WrapUpStarted,
        WrapUpEnded,
        Amended,
        Settled,
    )
}
