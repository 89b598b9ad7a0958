"""FOCUS as it is given out: charges, commitments, and their files (M3)."""
