"""Anomaly Detection: hourly readings of radiation monitors."""
