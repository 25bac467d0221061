"""TRAIN where the rows are: what is learned from a table of the warehouse, the job, and the model that comes back."""
