"""Two tables as one: by equal keys, or by the nearest time."""
