"""Finding the fields of an answer in the text of a document."""
