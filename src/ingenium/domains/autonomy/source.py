"""Control laws as C: a text around numbers, and the numbers out of a text that is nothing else."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ingenium.core.errors import InputError
from ingenium.domains.autonomy.law import FeedbackLaw, Wiring

DIGITS = 9
_LAW = """\
/* A control law by ingenium: PID on each output, with filter, weight, limits and tracking.
 * Call NAME_act once a period, then NAME_learn with the action that was really applied.
 * Memory before the first period: PREFIX_Q times NAN, then PREFIX_M times 0. */
#include <math.h>
#define PREFIX_Q @outputs@
#define PREFIX_M @actions@
static const double PREFIX_PERIOD_S = @period_s@;
static const double PREFIX_KP[PREFIX_Q] = {@proportional@};
static const double PREFIX_KD[PREFIX_Q] = {@derivative@};
static const double PREFIX_KI[PREFIX_M] = {@integral@};
static const double PREFIX_FILTER_S = @filter_s@;
static const double PREFIX_WEIGHT = @weight@;
static const double PREFIX_TRACKING_S = @tracking_s@;
static const double PREFIX_SENSES[PREFIX_M * PREFIX_Q] = {@senses@};
static const double PREFIX_FIRST[PREFIX_M * PREFIX_Q] = {@first@};
static const double PREFIX_LOW[PREFIX_M] = {@low@};
static const double PREFIX_HIGH[PREFIX_M] = {@high@};

static void NAME_asked(const double *memory, const double *seen, const double *wanted,
                       double *asked) {
  for (int m = 0; m < PREFIX_M; m++) {
    double sum = memory[PREFIX_Q + m];
    for (int q = 0; q < PREFIX_Q; q++) {
      double slow = isnan(memory[q]) ? seen[q] : memory[q];
      double part = PREFIX_KP[q] * (PREFIX_WEIGHT * wanted[q] - seen[q])
                    - PREFIX_KD[q] / PREFIX_FILTER_S * (seen[q] - slow);
      sum += PREFIX_SENSES[m * PREFIX_Q + q] * part;
    }
    asked[m] = sum;
  }
}

void NAME_act(const double *memory, const double *seen, const double *wanted, double *action) {
  NAME_asked(memory, seen, wanted, action);
  for (int m = 0; m < PREFIX_M; m++)
    action[m] = fmin(fmax(action[m], PREFIX_LOW[m]), PREFIX_HIGH[m]);
}

void NAME_learn(double *memory, const double *seen, const double *wanted, const double *applied) {
  double asked[PREFIX_M];
  const double passing = 1 - exp(-PREFIX_PERIOD_S / PREFIX_FILTER_S);
  NAME_asked(memory, seen, wanted, asked);
  for (int m = 0; m < PREFIX_M; m++) {
    double error = 0;
    for (int q = 0; q < PREFIX_Q; q++)
      error += PREFIX_FIRST[m * PREFIX_Q + q] * (wanted[q] - seen[q]);
    memory[PREFIX_Q + m] += PREFIX_PERIOD_S
        * (PREFIX_KI[m] * error + (applied[m] - asked[m]) / PREFIX_TRACKING_S);
  }
  for (int q = 0; q < PREFIX_Q; q++) {
    double slow = isnan(memory[q]) ? seen[q] : memory[q];
    memory[q] = slow + passing * (seen[q] - slow);
  }
}
"""
_NUMBER = r"-?[0-9.]+(?:e[+-]?[0-9]+)?"
NAMES = ("KP", "KD", "KI", "FILTER_S", "WEIGHT", "TRACKING_S")
MOST = 64  # numbers in a row of a text


@dataclass(frozen=True)
class LawNumbers:
    """What a text says of one law: the numbers of its variables, rounded as files round."""

    values: Mapping[str, tuple[float, ...]]

    @classmethod
    def of(cls, law: FeedbackLaw, row: int) -> "LawNumbers":
        """Of one law among many."""
        arrays = (law.proportional[row], law.derivative[row], law.integral[row])
        singles = (law.filter_s[row], law.weight[row], law.tracking_s[row])
        own = [tuple(float(x) for x in np.atleast_1d(a)) for a in (*arrays, *singles)]
        return cls(dict(zip(NAMES, own, strict=True)))

    def text(self, name: str, wiring: Wiring) -> str:
        """The C source, whose functions begin with `name`."""
        m, q = wiring.senses.shape
        rows = {
            "outputs": str(q),
            "actions": str(m),
            "period_s": _row([wiring.period_s]),
            **{key.lower(): _row(self.values[key]) for key in NAMES[3:]},
            "proportional": _row(self.values["KP"]),
            "derivative": _row(self.values["KD"]),
            "integral": _row(self.values["KI"]),
            "senses": _row(wiring.senses.ravel()),
            "first": _row(wiring.first.ravel()),
            "low": _row(wiring.low),
            "high": _row(wiring.high),
        }
        found = _LAW
        for key, value in rows.items():
            found = found.replace(f"@{key}@", value)
        return found.replace("PREFIX", name.upper()).replace("NAME", name)

    @classmethod
    def read(cls, text: str, name: str, wiring: Wiring, where: str) -> "LawNumbers":
        """The numbers of a text that is this source and nothing else.

        Raises:
            InputError: for a text that differs, so that nothing strange is ever compiled.
        """
        rows = {k.removeprefix(name.upper() + "_"): v for k, v in _rows(text).items()}
        try:
            values = {key: _numbers(rows[key]) for key in NAMES}
            if any(not np.isfinite(v).all() for v in values.values()):
                raise ValueError("a number that is none")
            found = cls(values)
            same = found.text(name, wiring) == text
        except (KeyError, ValueError, OverflowError) as error:
            raise InputError(f"the C source of a control law of {name}", where) from error
        if not same:
            raise InputError(
                "the C source of a control law, nothing in it changed but its gains and times",
                f"{where}, which differs in {_differs(found.text(name, wiring), text)}",
                "Export it again; a law of another period or plant belongs to another problem.",
            )
        return found


def _rows(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        match = re.fullmatch(r"static const double (\w+)(?:\[[^\]]*\])? = \{?([^;{}]*)\}?;", line)
        if match:
            found[match[1]] = match[2]
    return found


def _row(values: Sequence[float] | np.ndarray) -> str:
    return ", ".join(f"{float(v):.{DIGITS}g}" for v in values)


def _numbers(row: str) -> tuple[float, ...]:
    cells = row.split(",")
    if len(cells) > MOST or any(not re.fullmatch(_NUMBER, c.strip()) for c in cells):
        raise ValueError("no numbers")
    return tuple(float(c) for c in cells)


def _differs(expected: str, came: str) -> str:
    both = zip(expected.splitlines(), came.splitlines(), strict=False)
    at = next((i for i, (a, b) in enumerate(both, 1) if a != b), None)
    return f"line {at}" if at else "its length"
