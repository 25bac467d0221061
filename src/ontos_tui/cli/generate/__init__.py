"""GENERATE commands: templates, and generation."""
