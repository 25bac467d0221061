"""What to do next: sample data for a first start, the wizard, and the overview in the header."""
