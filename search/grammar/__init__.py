"""The offline meta-agent: it writes workflows without a language model, from a typed grammar.

nodes.py     what an expression is made of: answers and drafts
calls.py     the most calls that an expression can make
emit.py      an expression as readable source
names.py     an expression as a short name
redundant.py which steps have no effect
playable.py  which steps the run's models answer
generate.py  a random expression within a bound of calls
vary.py      mutation, crossover, simplification
"""
