"""Gaps: what a model does not know well enough, found from evidence, updated, and closed by evidence."""
