"""Canonical labels: label once, reuse everywhere."""
