"""The way to a hospital's system: bounded in time and number, cached, written down."""
