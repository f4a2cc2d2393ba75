"""The way to Asterisk: AMI, FastAGI and typed verbs; nothing here knows of hospitals."""
