"""The tables of the desk share one ``METADATA``; each module of this room declares its own."""

from sqlalchemy import MetaData

METADATA = MetaData()
"""All tables of the desk. Instants are whole seconds since the Unix epoch, UTC."""
