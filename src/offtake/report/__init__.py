"""Results for eyes: figures, charts, tables and pages."""
