"""MONITOR: the requests to endpoints and their feedback, drift, and alerts."""
