"""Talks recorded by rule, kept encrypted, heard by those who may."""
