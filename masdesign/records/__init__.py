"""Keys of calls, and the store that remembers completions."""
