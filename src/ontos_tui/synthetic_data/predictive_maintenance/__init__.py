"""Predictive Maintenance: telemetry of detectors in use."""
