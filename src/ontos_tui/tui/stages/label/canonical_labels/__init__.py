"""LABEL, canonical labels: what is known about each item, corrected, restored, and given without any pair."""
