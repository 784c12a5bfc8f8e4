"""A library of what helped where: features of designs, with the evidence for each.

features.py  what can be said of a design from its source
learning.py  what a run begins with, what its comparisons say of features, how its designs failed
library.py   what is known for a task: found by likeness, merged, pruned
"""
