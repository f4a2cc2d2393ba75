"""Automatic voice navigation: flows as data, their engine, their versions."""
