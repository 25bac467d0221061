"""The tables that a team shares."""
