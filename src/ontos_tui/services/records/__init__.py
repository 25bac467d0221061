"""Records that several stages read and write: training sheets and their pairs, model versions, feedback, segments."""
