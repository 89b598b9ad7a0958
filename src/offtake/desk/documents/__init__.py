"""What the desk sends and shows, as pure functions of values: no clock, database or network.

``notice`` says what a notice holds, ``letter`` lays it out in a language, and ``text``, ``html``
and ``pdf`` are its forms; ``calendar`` is a feed of deadlines.
"""
