"""Where it is kept: tables made from the records, the SQLite engine, migrations, queries."""
