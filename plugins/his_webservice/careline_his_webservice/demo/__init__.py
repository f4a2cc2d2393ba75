"""A made-up hospital of two campuses: what the embedded system holds in the demonstration."""
