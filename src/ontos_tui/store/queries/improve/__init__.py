"""What IMPROVE asks: feedback, gaps with their evidence, annotation tasks, and the rows of a segment."""
