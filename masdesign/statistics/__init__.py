"""Statistics of paired, repeated and adaptively stopped measurements; pure functions and values."""
