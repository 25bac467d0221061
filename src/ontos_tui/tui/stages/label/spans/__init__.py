"""Places in a text: those of an answer in a document, and marking spans by keyboard."""
