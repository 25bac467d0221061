"""Files in and out: pairs and labels in the formats of other tools."""
