"""Tables that come of others: joined by key or time, and with computed columns."""
