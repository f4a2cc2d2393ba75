"""Makes a home ready to run: Asterisk's files, prompts, the database, the demo hospital."""
