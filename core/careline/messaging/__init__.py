"""Text messages: what a gateway is to who sends them."""
