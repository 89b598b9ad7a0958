"""How messages leave the desk: one channel a file, and what can come of sending."""
