"""How the hospitals' systems are, and what was said with them, for administrators."""
