"""Training sheets, their pairs, and the pairs as columns."""
