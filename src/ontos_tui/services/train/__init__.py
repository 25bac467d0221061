"""TRAIN: readiness, the split, model versions, fine-tuning, and versions compared."""
