"""Shows more than any browser can bear, and a panel that fails beside it."""
