"""How the tables came to be as they are, one revision after the other (``store.migrate``)."""
