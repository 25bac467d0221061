"""LABEL: the queue, decisions about pairs, undo, and work that several people share."""
