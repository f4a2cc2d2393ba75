"""Texts with variables: versions, approval, and how they are put into words."""
