"""What the desk remembers: the items read, the decisions, and what waits for the disk."""
