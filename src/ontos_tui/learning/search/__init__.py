"""Choosing a way to learn by evidence: folds, families and their parameters, derived columns, the search."""
