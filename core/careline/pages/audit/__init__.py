"""The audit log: looking things up in it, taking it along as a file."""
