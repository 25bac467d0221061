"""LABEL, by several people: jobs, tasks, their items, and what people decided about these."""
