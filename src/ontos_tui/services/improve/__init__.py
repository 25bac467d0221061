"""IMPROVE: feedback becomes training pairs, gaps become annotation tasks, and both a better model."""
