"""What can be had: pools, and how modelled suppliers answer."""
