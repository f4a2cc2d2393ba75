"""Answers: stored one by one as they are given, whoever asks and however often."""
