"""A search up to its look at test: the budget's plan, baselines, batches of designs, and what was tried."""
