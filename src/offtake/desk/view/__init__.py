"""What there is at a desk as data, with names and figures for people and programs; all of it.

What of it somebody sees is decided by ``access.visible``: nothing leaves the desk but through
there. The fields are in docs/reference/access.md.
"""
