"""Tables that come of others: the forms by which they are joined, and columns are computed."""
