"""The learning loop: propose, verify, learn from the verdicts, until a stopping criterion holds.

A `Strategy` proposes and learns (`strategy.py`), a `Search` closes the loop (`search.py`), and a
`Store` records every step (`runs/store.py`), so that a search that is killed at any moment resumes
where it was. An `Aim` defines the goal (`runs/aim.py`), a `Stop` the end (`stopping.py`), and a
`SearchProgress` tracks the progress (`course.py`). Where no design satisfies all limits,
`runs/conflicts.py` finds the limits that conflict, and the values attained instead.
"""
