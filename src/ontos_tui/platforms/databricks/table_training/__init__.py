"""Training where the rows are: the statements that count, profile and sample them, and the job that trains there."""
