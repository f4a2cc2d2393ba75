"""What agents and shift leaders do with calls that are up: the same for browser and desk phones."""
