"""Workbooks, of Excel and OpenDocument, as tables."""
