"""From the queue into the gateways: leased first, then sent, then written down how it ended."""
