"""From text to contracts in force: read, check, lower, write."""
