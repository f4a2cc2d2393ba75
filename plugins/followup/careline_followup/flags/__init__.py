"""Red flags: answers that a ward must hear of, with a deadline and somebody above."""
