"""What is wrong with a table before anybody labels it: findings with their rows, and decisions that remedy them."""
