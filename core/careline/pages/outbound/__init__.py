"""Calls that the hospital begins: for agents the next one, for leaders all of them."""
