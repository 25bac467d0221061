"""MONITOR: requests, errors, latencies and ratings of endpoints, counted from the inference log."""
