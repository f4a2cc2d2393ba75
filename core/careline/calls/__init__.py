"""Calls: facts of what happened, and the record folded from them."""
