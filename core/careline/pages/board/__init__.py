"""The shift leader's board and the wallboard."""
