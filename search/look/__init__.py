"""The end of a search: the one look at test, and the result."""
