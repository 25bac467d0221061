"""DATA commands: data files as tables, and the sheets over them."""
