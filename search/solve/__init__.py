"""Designs a workflow for one question, without any label, and answers it.

attempts.py   the known workflows, and what was tried on a question within a budget
plan.py       a question's parts, a block for each, as a design
reflect.py    what the agents' own words say of a plan: is each part solvable, do the parts suffice?
choice.py     which of several answers to trust
solving.py    the rounds of it
guided.py     a stream of questions, each answered by workflows that a memory of earlier ones has chosen
measuring.py  whether such a memory pays
"""

from masdesign.search.solve.attempts import TriedWorkflow
from masdesign.search.solve.solving import SolvedQuestion, solve

__all__ = ["SolvedQuestion", "TriedWorkflow", "solve"]
