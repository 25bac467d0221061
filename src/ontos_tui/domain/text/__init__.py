"""Words, numbers and moments as people write and terminals show them."""
