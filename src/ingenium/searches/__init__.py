"""The loop that learns: propose, verify, learn from the verdicts, again, until it is enough.

A `Strategy` proposes and learns (`strategy.py`), a `Search` closes the loop (`search.py`), and a
`Store` keeps every step of it (`store.py`), so that a search that is killed at any moment goes on
where it was. An `Aim` says what is good (`aim.py`), a `Stop` when it is enough (`stopping.py`),
and a `Course` how it went (`course.py`). Where nothing holds all limits, `conflicts.py` says which
of them no design held together, and what was attained instead.
"""
