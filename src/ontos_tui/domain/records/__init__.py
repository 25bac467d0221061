"""The stored records. The tables, the Delta DDL and the forms are made from these classes."""
