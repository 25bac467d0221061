"""Files in and out: pairs and their history as they are written, and what imported lines meet."""
