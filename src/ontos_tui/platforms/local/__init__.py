"""The embedded default: DuckDB files, example retrieval, scikit-learn, loopback serving."""
