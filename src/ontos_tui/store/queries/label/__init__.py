"""LABEL: the queue, hints, claims, saved views, labelsets, and the pairs that are decided."""
