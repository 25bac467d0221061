"""Runs of Databricks' jobs: waiting for one, what it does in plain words, and why it failed."""
