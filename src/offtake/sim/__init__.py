"""What the contracts would have done: demand, sourcing and placement on a simulated clock."""
