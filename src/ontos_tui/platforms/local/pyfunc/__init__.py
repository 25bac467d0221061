"""Models of this program as MLflow models: what is written, and what answers where they are loaded."""
