"""The seven stages, one module each, mounted on their first visit."""
