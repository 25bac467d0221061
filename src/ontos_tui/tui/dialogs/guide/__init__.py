"""What explains the app inside the app: the help of a place, all keys, the words, and the tour."""
