"""The IMPROVE stage: feedback, gaps, annotation tasks, and the learning curve."""
