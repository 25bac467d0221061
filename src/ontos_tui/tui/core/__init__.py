"""The frame of the app: commands and keys, background work, state of the interface, themes."""
