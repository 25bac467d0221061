"""What we talk about: records, enums, state machines and rules. No I/O, and nothing of ours is imported."""
