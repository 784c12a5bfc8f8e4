"""A fault harness: a real search is disturbed, and must end as an undisturbed one or with one clear line.

    python -m masdesign.chaos --events 50 --seed 0
    python -m masdesign.chaos --only kill,full_disk --events 20 --out chaos.md

The search runs as a user runs it, in a process of its own, against a server on the loopback address that
answers the same request always alike. After each event the same command goes on, undisturbed; then the
archive must hold, byte for byte, what that of an undisturbed search holds. A search must never keep a wrong
score, lose an evaluation that it has reported, pay again for more than was in flight, end with a traceback,
or hang.

victim.py   the search in its process: how it begins, goes on and ends, and what its archive holds
server.py   the model: deterministic, wrong at times, and failing where an event asks for it
proxy.py    a way to a database that can be cut
events.py   what happens to it, a function each
harness.py  events against the victim, and the table of outcomes
"""
