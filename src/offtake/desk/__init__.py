"""The desk: sourcing as a durable service, in which people and suppliers answer.

No clause is interpreted here: commands go to ``sourcing``, asks to ``core``. The journal is the
only truth; everything else is computed from it.
"""
