"""The Beams2D engine of EngiBench (GPL-3), in an isolated environment and never imported."""

import time

import numpy as np


def beams(density, cells, rounds):
    """Work of each design (rows: designs by cells), and the CPU seconds of each round."""
    from engibench.problems.beams2d.backend import State, calc_sensitivity

    settings = {"nelx": cells[0], "nely": cells[1], "penal": 3.0}
    state = State.new(nelx=cells[0], nely=cells[1], rmin=1.0, forcedist=0.0)
    seconds = []
    for _ in range(rounds):
        spent = time.process_time()
        work = []
        for design in density:
            calc_sensitivity(design, state, settings)
            work.append(float(state.f[:, 0] @ state.u[:, 0]))
        seconds.append(time.process_time() - spent)
    return {"work": np.array(work), "cpu_s": np.array(seconds)}
