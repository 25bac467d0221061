"""Gaps: weak points of a model, detected, updated and closed by evidence."""
