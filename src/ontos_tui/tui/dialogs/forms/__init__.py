"""Dialogs that are filled in: forms, their fields, and the ones that several stages share."""
