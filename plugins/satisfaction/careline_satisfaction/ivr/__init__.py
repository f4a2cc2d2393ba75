"""Surveys by telephone keys."""
