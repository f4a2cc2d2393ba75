"""Messages to many: who gets them, who approved them, and how far they are."""
