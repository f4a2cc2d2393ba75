"""My day: what is to be done, and how it goes."""
