"""Figures: counted when they are asked for, so that they are right at any moment."""
