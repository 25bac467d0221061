"""Keys: which there are, the user's own, those typed ahead, and those that nothing is bound to."""
