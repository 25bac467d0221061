"""The LABEL stage: training sheets, the desk, canonical labels, labelsets, labeling jobs, files in and out."""
