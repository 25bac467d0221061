"""Alerts: rules about an endpoint's figures, and what was raised by them."""
