"""Values: how numbers, times and missing values are written, decided from whole columns and read by DuckDB."""
