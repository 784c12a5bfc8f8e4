"""The archive's tables: how they are made, and what is written to and read from each."""
