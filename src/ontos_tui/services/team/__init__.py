"""Sharing a workspace with a team through its hub."""
