"""Text files: their encoding, and where in them names, units, rows and totals stand."""
