"""LABEL, labelsets: the classes that people may give, and how far the sheets are covered with them."""
