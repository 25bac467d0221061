"""Alerts: rules about an endpoint's figures, and the alerts that they open."""
