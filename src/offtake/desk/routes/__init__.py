"""The HTTP interface, one file a resource; every answer goes through ``access.visible``."""
