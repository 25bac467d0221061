"""DATA: files as tables, sheets over them, their pictures, and the sample data."""
