"""Blocklist and VIP list, for shift leaders."""
