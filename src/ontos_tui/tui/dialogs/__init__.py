"""Modal screens: forms, choices, confirmations, help."""
