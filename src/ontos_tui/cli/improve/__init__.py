"""IMPROVE commands: feedback, gaps, annotation tasks, retraining."""
