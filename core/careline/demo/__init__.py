"""What a newcomer sees in the first minute: demonstration data and a phone that calls."""
