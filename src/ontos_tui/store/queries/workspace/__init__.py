"""What concerns the workspace as a whole: its jobs, its health, the state of the loop, and the sample data in it."""
