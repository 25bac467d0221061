"""Files of annotation tools: each reader says what a line says, and one place makes a label of it."""
