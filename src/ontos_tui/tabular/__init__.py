"""Files and predicates as tables: readers, filters and windows, by DuckDB. Nothing here knows what learns from them."""
