"""Dialogs of the LABEL stage that several of its screens open."""
