"""Checks against results that others published: ``python -m validation`` writes the page."""
