"""The engine in the isolated environment, where `pandapower` is the release of its lock."""

import numpy as np
import pandapower


def drops(current_a, resistance_ohm):
    return {"rows": np.asarray(pandapower.drop(current_a, resistance_ohm))[:, None]}


def release():
    return {"parts": np.array([int(x) for x in pandapower.__version__.split(".")])}
