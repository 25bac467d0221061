"""Ontos TUI: from raw data to a deployed model and round again, in the terminal."""

__version__ = "0.2.0"
