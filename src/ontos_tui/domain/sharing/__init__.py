"""Sharing with a team: entries of one log, and the rules by which everybody who has read it gets the same state."""
