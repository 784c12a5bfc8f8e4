"""The offline meta-agent: it writes workflows without a language model, from a typed grammar.

combinator.py   `Combinator` and the kinds of expressions; combinators/ holds those that ship
expression.py   an expression, and the forms that it may have, from the signatures of blocks and combinators
generate.py     `Grammar`: random expressions within a bound of calls, and which of them are worth a try
emit.py         an expression as readable source
playable.py     which steps the run's models answer
vary.py         mutation, crossover, simplification
slots.py        a design as named choices, for samplers
classics.py     the designs that the literature knows
structures.py   structures that a run has not tried
tree.py         what strategies remember of what they grew
wording.py      a design's steps asked in other words
"""
