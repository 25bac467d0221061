"""Calibration Insights: Monte Carlo efficiencies beside measured ones."""
