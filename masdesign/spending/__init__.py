"""Budgets, the ledger that charges calls in canonical order, and prices."""
