"""The desk: the labeling queue on the screen, one key a decision."""
