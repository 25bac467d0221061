"""The terminal app: one screen and one stylesheet a stage, no business logic."""
