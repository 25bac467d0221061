"""What one can do, one module a stage. Plain synchronous classes with typed arguments, results and errors."""
