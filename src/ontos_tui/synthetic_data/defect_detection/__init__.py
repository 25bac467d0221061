"""Defect Detection: inspections of radiation detector crystals."""
