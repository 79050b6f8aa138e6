"""Trajectories of a law on the second-order machine in compiled C, equal to NumPy lane by lane.

Products and sums are in NumPy's order and are never contracted, so that both ways give the same
numbers.

Shapes: n lanes, t periods, s scenarios.
"""

import ctypes
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from ingenium.domains.autonomy.compiled import USE
from ingenium.domains.autonomy.law import FeedbackLaw
from ingenium.edge.c_export import FLAGS, CText, shared_library

FAST = (*(f for f in FLAGS if f != "-O1"), "-O3", "-march=native", "-fno-math-errno")
BLOCK = 256  # lanes that stay in the nearest cache
SOURCE = CText("""\
void courses(long n, long t, long s, const double *law, const double *moves, const long *at,
             const double *told, double *state, double *truth, double *action) {
  const double *kp = law, *rate = law + n, *ki = law + 2 * n, *passing = law + 3 * n;
  const double *weight = law + 4 * n, *tracking = law + 5 * n;
  const double low = law[6 * n], high = law[6 * n + 1], h = law[6 * n + 2];
  const double *noise = told, *load = told + t * s, *goal = told + 2 * t * s;
  double *y = state, *v = state + n, *slow = state + 2 * n, *held = state + 3 * n;
  for (long first = 0; first < n; first += @block@) {
    const long last = first + @block@ < n ? first + @block@ : n;
    for (long k = 0; k < t; k++) {
      const long row = k * s;
      for (long i = first; i < last; i++) {
        const double seen = y[i] + noise[row + at[i]];
        const double wanted = goal[row + at[i]], push = load[row + at[i]];
        const double before = k ? slow[i] : seen;
        const double part = kp[i] * (weight[i] * wanted - seen) - rate[i] * (seen - before);
        const double asked = part + held[i];
        const double low_cut = asked < low ? low : asked;
        const double u = low_cut > high ? high : low_cut;
        const double error = wanted - seen;
        truth[2 * (k * n + i)] = y[i];
        truth[2 * (k * n + i) + 1] = v[i];
        action[k * n + i] = u;
        held[i] = held[i] + h * (ki[i] * error + (u - asked) / tracking[i]);
        slow[i] = before + passing[i] * (seen - before);
        const double *m = moves + i, y0 = y[i];
        y[i] = m[0] * y0 + m[n] * v[i] + m[2 * n] * u + m[3 * n] * push;
        v[i] = m[4 * n] * y0 + m[5 * n] * v[i] + m[6 * n] * u + m[7 * n] * push;
      }
    }
  }
}
""")


@cache
def library() -> Any:
    """Return the function, compiled once in a process; None without a C compiler."""
    if shutil.which("cc") is None:
        return None
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "courses.so"
        shared_library({"courses.c": SOURCE.filled({"block": BLOCK})}, file, USE, FAST)
        function = ctypes.CDLL(str(file)).courses
    function.argtypes = (*(ctypes.c_long,) * 3, *(ctypes.c_void_p,) * 7)
    function.restype = None
    return function


def trajectories(
    law: FeedbackLaw,
    moves: Float64[np.ndarray, "8 n"],
    at: Int64[np.ndarray, " n"],
    reported: Float64[np.ndarray, "3 t s"],
) -> tuple[Float64[np.ndarray, "t n 2"], Float64[np.ndarray, "t n 1"]]:
    """Simulate position and rate of each lane in each period, and the action.

    `moves` are the entries of position and then of rate by position, rate, action, load; `reported`
    is the noise, load and target of scenarios; each lane is in one.
    """
    (n,), (_, t, s) = at.shape, reported.shape
    own = law if len(law.filter_s) == n else law.repeated(n)
    rate, wiring = own.derivative[:, 0] / own.filter_s, own.wiring
    ends = (wiring.low, wiring.high, [wiring.period_s])
    rows = (own.proportional[:, 0] * wiring.senses[0, 0], rate * wiring.senses[0, 0])
    held = own.integral[:, 0] * wiring.first[0, 0]
    numbers = np.concatenate([*rows, held, own.passing, own.weight, own.tracking_s, *ends])
    state, truth, action = np.zeros((4, n)), np.empty((t, n, 2)), np.empty((t, n, 1))
    arrays = [np.ascontiguousarray(a) for a in (numbers, moves, at, reported)]
    library()(n, t, s, *(a.ctypes.data for a in (*arrays, state, truth, action)))
    return truth, action
