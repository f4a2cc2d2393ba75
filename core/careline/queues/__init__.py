"""Queues (技能组): who waits, who serves, and how long it may take."""
