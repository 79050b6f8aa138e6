"""CP-SAT of OR-Tools (Apache-2.0) in an isolated environment: packs rooms into rows."""

import numpy as np

UNIT = 100  # mm
LONGEST = 1200  # units of a row
TOLERANCE = 0.095  # of areas


def pack(area, net, together, apart, fixed, public, least, seed, effort):
    """Return the row of each room and its place in it; -1 where no packing was found.

    All rows have one length. `net` is the clear depth of each row in mm, `fixed` what stairs take
    of its length; `effort` is deterministic time, so that nothing depends on the machine's load.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    count, rows = len(area), len(net)
    whole = model.new_int_var(1, LONGEST, "whole")
    start = [model.new_int_var(0, LONGEST, f"x{i}") for i in range(count)]
    width = [model.new_int_var(1, LONGEST, f"w{i}") for i in range(count)]
    here = [[model.new_bool_var(f"in{i}_{k}") for k in range(rows)] for i in range(count)]
    for i in range(count):
        model.add_exactly_one(here[i])
        if public[i]:
            model.add_exactly_one(here[i][:2])
    for k in range(rows):
        _fill(
            model, k, [area / net[k], int(fixed[k]) // UNIT, int(least)], whole, start, width, here
        )
    _relate(model, together, apart, start, width, here)
    solver = cp_model.CpSolver()
    solver.parameters.random_seed = int(seed)
    solver.parameters.randomize_search = True
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = float(effort)
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return {"row": np.full(count, -1), "place": np.full(count, -1)}
    row = [next(k for k in range(rows) if solver.value(here[i][k])) for i in range(count)]
    return {"row": np.array(row), "place": np.array([solver.value(x) for x in start])}


def _fill(model, k, sizes, whole, start, width, here):
    """Let the rooms of a row fill its length, each with nearly its area and no other over it."""
    wide, fixed, least = sizes
    filled, spans = [fixed], []
    for i, x in enumerate(wide):
        low = max(int(np.ceil((x * (1 - TOLERANCE) + 200) / UNIT)), least // UNIT + 2)
        high = int((x * (1 + TOLERANCE) + 200) // UNIT)
        if low > high:
            model.add(here[i][k] == 0)
            continue
        model.add_linear_constraint(width[i], low, high).only_enforce_if(here[i][k])
        own = model.new_int_var(0, high, f"s{i}_{k}")
        model.add(own == width[i]).only_enforce_if(here[i][k])
        model.add(own == 0).only_enforce_if(here[i][k].negated())
        filled.append(own)
        end = model.new_int_var(0, 2 * LONGEST, f"e{i}_{k}")
        spans.append(model.new_optional_interval_var(start[i], width[i], end, here[i][k], ""))
        model.add(start[i] + width[i] <= whole - fixed).only_enforce_if(here[i][k])
    model.add(sum(filled) == whole)
    model.add_no_overlap(spans)


def _relate(model, together, apart, start, width, here):
    """Let some rooms be neighbours in one row, and others not."""
    for a, b in together:
        for one, other in zip(here[a], here[b], strict=True):
            model.add(one == other)
        first = model.new_bool_var("")
        model.add(start[a] + width[a] == start[b]).only_enforce_if(first)
        model.add(start[b] + width[b] == start[a]).only_enforce_if(first.negated())
    for a, b in apart:
        first = model.new_bool_var("")
        for both in zip(here[a], here[b], strict=True):
            model.add(start[a] + width[a] < start[b]).only_enforce_if([*both, first])
            model.add(start[b] + width[b] < start[a]).only_enforce_if([*both, first.negated()])
