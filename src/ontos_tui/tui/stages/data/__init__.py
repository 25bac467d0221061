"""The DATA stage: sample data, files, the team catalog, and sheets."""
