"""Which rows belong together: found by how columns are called and behave, and rows that say the same."""
