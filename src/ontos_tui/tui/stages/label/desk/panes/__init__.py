"""What the desk paints."""
