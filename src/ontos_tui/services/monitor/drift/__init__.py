"""Drift: the recent traffic of an endpoint against what its model was trained on."""
