"""What comes in: decisions, canonical labels and pairs from files, checked before anything is kept."""
