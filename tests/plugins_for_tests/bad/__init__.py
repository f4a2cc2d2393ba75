"""Plugins that are wrong on purpose, each in one way: refused by the contract, or contained."""
