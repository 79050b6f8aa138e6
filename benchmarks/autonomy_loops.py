"""Closed-loop responses of a thousand steps a second: ours, a gymnasium loop, python-control.

The peers run the same law on the same second-order plant: a loop over `env.step`, as users of
gymnasium write it, and `control.forced_response` of the closed loop, which has no saturation.
"""

import control
import gymnasium
import numpy as np

from benchmarks.measuring import interleaved, ratio, report, spread
from ingenium.domains.autonomy.law import FeedbackLaw
from ingenium.domains.autonomy.second_order import Oscillator, OscillatorBox, oscillator, placed
from ingenium.operate.rollout import rollout

STEPS, LANES, ROUNDS = 1000, 8192, 5
BOX = OscillatorBox()


class OscillatorEnv(gymnasium.Env):
    """The plant as an environment."""

    def __init__(self) -> None:
        self.sampled = BOX.machine().sampled(0.01)
        self.observation_space = gymnasium.spaces.Box(-10, 10, (2,))
        self.action_space = gymnasium.spaces.Box(-BOX.umax, BOX.umax, (1,))

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple:
        super().reset(seed=seed)
        self.x = np.zeros(2)
        return self.x, {}

    def step(self, action: np.ndarray) -> tuple:
        u = float(np.clip(action[0], -BOX.umax, BOX.umax))
        self.x = self.sampled.dynamics @ self.x + self.sampled.drive * u
        return self.x, -abs(1 - self.x[0]), False, False, {}


def run() -> None:
    """Write and print the table."""
    machine = oscillator(BOX, 0.01, 0)
    law = FeedbackLaw(*placed(BOX, 1, np.random.default_rng(0)), machine.wiring)
    plant, many = Oscillator(BOX, 0.01, 0, service=False), law.repeated(LANES)
    at = np.arange(LANES) % 64

    def ours() -> None:
        rollout(plant, many, at, STEPS)

    env = OscillatorEnv()

    kp, kd, ki, lag_s, weight, tracking_s = (float(x.ravel()[0]) for x in law.numbers)
    passing = float(law.passing[0])

    def gym() -> None:  # in plain numbers, as users write a PID law
        seen, _ = env.reset()
        slow, held = float(seen[0]), 0.0
        for _ in range(STEPS):
            y = float(seen[0])
            requested = kp * (weight - y) - kd / lag_s * (y - slow) + held
            u = min(max(requested, -BOX.umax), BOX.umax)
            held += 0.01 * (ki * (1 - y) + (u - requested) / tracking_s)
            slow += passing * (y - slow)
            seen, *_ = env.step(np.array([u]))

    loop = _closed(law)

    def peer() -> None:
        control.forced_response(loop, U=np.ones(STEPS))

    ours()
    found = interleaved({"ours": ours, "gymnasium": gym, "python-control": peer}, ROUNDS)
    own, made = found["ours"].cpu_s, {"ours": LANES}
    rows = [
        {
            "what": name,
            "cpu_s": spread([t / made.get(name, 1) for t in taken.cpu_s]),
            "responses_a_cpu_s": spread([made.get(name, 1) / t for t in taken.cpu_s]),
            "ours_times_as_fast": ratio(taken.cpu_s, own, LANES / made.get(name, 1)),
        }
        for name, taken in found.items()
    ]
    settings = {"steps": STEPS, "lanes": LANES, "rounds": ROUNDS}
    report("autonomy_loops", "A closed-loop response of a thousand steps", rows, settings)


def _closed(law: FeedbackLaw) -> control.StateSpace:
    own = BOX.machine()
    plant = control.c2d(control.ss(own.dynamics, own.drive[:, None], own.outputs, [[0]]), 0.01)
    z = control.tf([1, 0], [1], 0.01)
    lag, rate = law.passing[0], law.derivative[0, 0] / law.filter_s[0]
    parts = law.proportional[0, 0] + rate * (1 - lag / (z - 1 + lag))
    loop = control.ss2tf(plant) * (parts + law.integral[0, 0] * 0.01 / (z - 1))
    return control.tf2ss(control.minreal(control.feedback(loop, 1), verbose=False))
