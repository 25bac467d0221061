"""Labeling jobs: items shared out as tasks, agreement between labelers, and adjudication."""
