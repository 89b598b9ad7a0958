"""Who is asking, and what may they see and do.

``may`` says which role does what, ``field`` which role sees what; both are tables, and everything
that leaves the desk (pages, answers, exports, errors) goes through ``visible``.
"""
