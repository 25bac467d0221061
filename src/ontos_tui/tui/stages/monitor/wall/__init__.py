"""MONITOR's first view: what matters of every endpoint on one screen that one leaves open."""
