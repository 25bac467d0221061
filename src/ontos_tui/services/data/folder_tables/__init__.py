"""Folders as tables: pictures, documents, many files of one kind; and the watch that adds what is new."""
