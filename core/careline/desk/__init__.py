"""What an agent does with a call beside talking: drafts, wrap-up, who may see the call."""
