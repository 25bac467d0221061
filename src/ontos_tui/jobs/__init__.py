"""Long work as a separate process, with its progress in the store: it survives the terminal."""
