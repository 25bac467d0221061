"""Decisions that the team does not have yet."""
