"""How good answers to pairs that a model has not seen are, beside the best constant answer, and how sure that is."""
