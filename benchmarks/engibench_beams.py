"""A program of its own: times the Beams2D engine of EngiBench (GPL-3) in EngiBench's environment.

`structures_solver` starts it with that environment's interpreter and never imports it. It reads
densities from an .npz file and prints the work of each design and the processor's seconds.
"""

import json
import sys
import time

import numpy as np


def main() -> None:
    """Arguments: the file (`density`: designs by cells), cells along x and y, rounds."""
    from engibench.problems.beams2d.backend import State, calc_sensitivity

    path, nelx, nely, rounds = sys.argv[1], *map(int, sys.argv[2:])
    settings = {"nelx": nelx, "nely": nely, "penal": 3.0}
    state = State.new(nelx=nelx, nely=nely, rmin=1.0, forcedist=0.0)
    with np.load(path) as stored:
        density = stored["density"]
    seconds = []
    for _ in range(rounds):
        spent = time.process_time()
        work = []
        for design in density:
            calc_sensitivity(design, state, settings)
            work.append(float(state.f[:, 0] @ state.u[:, 0]))
        seconds.append(time.process_time() - spent)
    print(json.dumps({"work": work, "cpu_s": seconds}))


if __name__ == "__main__":
    main()
