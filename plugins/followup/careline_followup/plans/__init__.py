"""Plans: who is asked what, when after (or before) what, and by which ways."""
