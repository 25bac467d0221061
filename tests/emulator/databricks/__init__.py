"""A Databricks workspace at wire level: Thrift and REST over HTTP on loopback, with DuckDB behind them.

It is strict where Databricks is strict (markers, sizes, MERGE sources, defaults) and lenient where Databricks is
(primary keys are not enforced), so that what passes here is not refused there. What it cannot do it refuses by name.
"""
