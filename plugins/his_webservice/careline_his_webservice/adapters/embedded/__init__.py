"""A small hospital system on careline's own database: for small clinics, the demo and tests."""
