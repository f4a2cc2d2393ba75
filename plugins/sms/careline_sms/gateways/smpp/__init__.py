"""SMPP 3.4, as an ESME that sends and receives."""
