"""Agents (坐席): who they are, where they sit, and the state each is in."""
