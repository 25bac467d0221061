"""IMPROVE, tasks: the labeling that closes gaps; a task opens the queue on just its pairs."""
