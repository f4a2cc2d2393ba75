"""What messages are sent for by themselves: visits, what patients answer to them, birthdays."""
