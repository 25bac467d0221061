"""TRAIN commands: models from the labeled pairs."""
