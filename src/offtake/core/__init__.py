"""What deciding means. Knows no clause."""
