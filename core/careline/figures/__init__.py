"""Today's figures: what was offered, answered and given up, by queue, campus, team and agent."""
