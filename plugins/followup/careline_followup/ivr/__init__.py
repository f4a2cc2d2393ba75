"""Follow-up by automatic calls: who is on the phone, then the questions by keys."""
