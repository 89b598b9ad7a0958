"""Revisions: each brings a database from the one before it. What is released is never changed."""
