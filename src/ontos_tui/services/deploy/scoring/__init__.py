"""DEPLOY: a model answers every row of a table.

- service: what is scored by which model, at once or as a job
- source: the table, sheet or file whose rows are scored
- layout: the columns of the answers, and the lines of a block of rows
- part_file: the file under way, which a killed run leaves whole up to a block
"""
