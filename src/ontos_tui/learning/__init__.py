"""What learns and measures: features, models, evaluation, similarity, drift. Knows records, no store, no service."""
