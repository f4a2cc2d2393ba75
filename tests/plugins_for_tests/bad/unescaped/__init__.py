"""Shows what people typed as HTML."""
