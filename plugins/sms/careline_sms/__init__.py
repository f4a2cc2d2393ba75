"""Text messages: sent over gateways, none lost and none twice; receipts, replies, templates."""
