"""Folders as tables: pictures, documents and data files, looked through, and what was read of them."""
