"""What a workspace that shares keeps beside its tables: which entry set a row, and what is not in the log yet."""
