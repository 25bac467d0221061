"""Rules that services and screens both need: states, governance, splits, agreement, health."""
