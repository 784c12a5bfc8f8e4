"""A library of what helped where: features of designs, with the evidence for each.

features.py  what can be said of a design from its source
distil.py    what a run's comparisons say of features, and how its designs failed
library.py   what is known for a task: found by likeness, merged, pruned
"""
