"""How traffic and its errors are counted."""
