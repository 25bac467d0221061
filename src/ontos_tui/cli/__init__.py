"""The same services without a screen, for scripts and checks. One module for each stage."""
