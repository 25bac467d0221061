"""The services of each stage, created on first use."""
