"""What the desk keeps in a database: the one door of SQLAlchemy."""
