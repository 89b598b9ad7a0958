"""Money: usage becomes charges, clause by clause, every line with its rule."""
