"""What is measured: money, capacity and time, as integers with the unit in the name."""
