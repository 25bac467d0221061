"""What is fitted for a field of the answer, and the files that a model is kept in."""
