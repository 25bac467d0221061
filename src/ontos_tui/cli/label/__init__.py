"""LABEL commands: decisions, hints, views, canonical labels, labelsets, labeling jobs, files in and out."""
