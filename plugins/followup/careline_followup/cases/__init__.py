"""Cases: what patients are followed up for, as the hospitals' systems or lists tell of them."""
