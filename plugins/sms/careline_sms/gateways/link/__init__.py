"""A standing connection to a message center, whatever language it speaks (SMPP, CMPP)."""
