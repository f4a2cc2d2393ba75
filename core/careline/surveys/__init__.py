"""Surveys and questionnaires: what is asked, asking by keys or in a browser, and their editor."""
