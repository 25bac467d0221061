"""Labeling jobs on the screen: tasks, agreement, and labelers."""
