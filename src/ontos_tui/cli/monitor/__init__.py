"""MONITOR commands: traffic, drift, alerts."""
