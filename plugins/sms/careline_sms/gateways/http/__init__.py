"""Gateways that are asked over HTTP, and that push receipts and replies the same way."""
