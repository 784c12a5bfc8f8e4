"""The steps that a design can be made of: one block a file, its prompt a template beside it."""
