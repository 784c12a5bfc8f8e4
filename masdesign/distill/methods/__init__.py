"""How a design becomes a prompt: one method a file."""
