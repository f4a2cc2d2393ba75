"""The AMI actions about extensions, mailboxes and lines; see :mod:`careline.starpy.actions`."""

from __future__ import annotations

from careline.starpy.asking import Asking
from careline.starpy.connection import Answer


class DeviceActions(Asking):
    """What single devices do: hints, mailboxes, MeetMe, chan_sip, DAHDI."""

    def extensionState(self, exten: str, context: str) -> Answer:
        """State of an extension's hint: -2 removed, -1 no hint, 0 idle, 1 in use, 2 busy ..."""
        return self._ask("ExtensionState", exten=exten, context=context)

    def mailboxCount(self, mailbox: str) -> Answer:
        """How many messages a mailbox has."""
        return self._ask("MailboxCount", mailbox=mailbox)

    def mailboxStatus(self, mailbox: str) -> Answer:
        """Whether a mailbox has new messages."""
        return self._ask("MailboxStatus", mailbox=mailbox)

    def meetmeMute(self, meetme: str, usernum: str | int) -> Answer:
        """Mute somebody in a MeetMe conference; fires with the response whatever it says."""
        return self.sendDeferred({"action": "MeetmeMute", "meetme": meetme, "usernum": usernum})

    def meetmeUnmute(self, meetme: str, usernum: str | int) -> Answer:
        """Unmute somebody in a MeetMe conference; fires with the response whatever it says."""
        return self.sendDeferred({"action": "MeetmeUnmute", "meetme": meetme, "usernum": usernum})

    def sipPeers(self) -> Answer:
        """All peers of chan_sip; fires with a list."""
        return self._list("SIPPeers", "PeerlistComplete")

    def sipShowPeers(self, peer: str) -> Answer:
        """One peer of chan_sip."""
        return self._ask("SIPShowPeer", peer=peer)

    def dahdiDNDoff(self, channel: str) -> Answer:
        """Switch do-not-disturb of a DAHDI channel off."""
        return self._ask("DAHDIDNDoff", dahdichannel=channel)

    def dahdiDNDon(self, channel: str) -> Answer:
        """Switch do-not-disturb of a DAHDI channel on."""
        return self._ask("DAHDIDNDon", dahdichannel=channel)

    def dahdiDialOffhook(self, channel: str, number: str) -> Answer:
        """Dial on a DAHDI channel that is off the hook."""
        return self._ask("DAHDIDialOffhook", dahdichannel=channel, number=number)

    def dahdiHangup(self, channel: str) -> Answer:
        """Hang a DAHDI channel up."""
        return self._ask("DAHDIHangup", dahdichannel=channel)

    def dahdiRestart(self, channel: str) -> Answer:
        """Restart the DAHDI channels, ending their calls."""
        return self._ask("DAHDIRestart", dahdichannel=channel)

    def dahdiShowChannels(self) -> Answer:
        """All DAHDI channels; fires with a list."""
        return self._list("DAHDIShowChannels", "DAHDIShowChannelsComplete")

    def dahdiTransfer(self, channel: str) -> Answer:
        """Send a flash on a DAHDI channel."""
        return self._ask("DAHDITransfer", dahdichannel=channel)
