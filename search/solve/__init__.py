"""Designs a workflow for one question, without any label, and answers it.

plan.py     a question's parts, a block for each, as a design
reflect.py  what the agents' own words say of a plan: is each part solvable, do the parts suffice?
verify.py   which of several answers to trust
solving.py  the rounds of it
"""

from masdesign.search.solve.attempts import TriedWorkflow
from masdesign.search.solve.solving import SolvedQuestion, solve

__all__ = ["SolvedQuestion", "TriedWorkflow", "solve"]
