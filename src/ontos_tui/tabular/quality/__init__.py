"""What the rows of a table hold, counted by DuckDB in a few scans: profiles, facts about its quality, duplicates."""
