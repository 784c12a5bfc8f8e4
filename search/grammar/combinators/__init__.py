"""How expressions are put together: one combinator a file, as the code that it becomes in a design."""
