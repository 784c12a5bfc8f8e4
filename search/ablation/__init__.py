"""What each step of a design earns, against plain votes for the same tokens."""
