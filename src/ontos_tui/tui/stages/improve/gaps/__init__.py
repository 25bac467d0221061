"""IMPROVE, gaps: what the model does not know well enough, with the evidence; from each a task can be created."""
