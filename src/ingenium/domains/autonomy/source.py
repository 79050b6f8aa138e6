"""C sources of control laws: a template around numbers, and the parser that accepts only it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ingenium.core.errors import InputError
from ingenium.domains.autonomy.law import FeedbackLaw, Wiring
from ingenium.edge.c_export import CText, constants, numbers, same

_LAW = CText("""\
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
""")
NAMES = ("KP", "KD", "KI", "FILTER_S", "WEIGHT", "TRACKING_S")


@dataclass(frozen=True)
class LawNumbers:
    """Numbers of one law's variables, rounded as files round."""

    values: Mapping[str, tuple[float, ...]]

    @classmethod
    def of(cls, law: FeedbackLaw, row: int) -> "LawNumbers":
        """Return the numbers of one law among many."""
        arrays = (law.proportional[row], law.derivative[row], law.integral[row])
        singles = (law.filter_s[row], law.weight[row], law.tracking_s[row])
        own = [tuple(float(x) for x in np.atleast_1d(a)) for a in (*arrays, *singles)]
        return cls(dict(zip(NAMES, own, strict=True)))

    def text(self, name: str, wiring: Wiring) -> str:
        """Write the C source, whose functions begin with `name`."""
        m, q = wiring.senses.shape
        found = _LAW.filled(
            {
                "outputs": q,
                "actions": m,
                "period_s": wiring.period_s,
                **{key.lower(): self.values[key] for key in NAMES[3:]},
                "proportional": self.values["KP"],
                "derivative": self.values["KD"],
                "integral": self.values["KI"],
                "senses": wiring.senses.ravel(),
                "first": wiring.first.ravel(),
                "low": wiring.low,
                "high": wiring.high,
            }
        )
        return found.replace("PREFIX", name.upper()).replace("NAME", name)

    @classmethod
    def read(cls, text: str, name: str, wiring: Wiring, where: str) -> "LawNumbers":
        """Parse the numbers of a text that is exactly this source.

        Raises:
            InputError: for a text that differs, so that nothing strange is ever compiled.
        """
        rows = {k.removeprefix(name.upper() + "_"): v for k, v in constants(text).items()}
        try:
            found = cls({key: numbers(rows[key]) for key in NAMES})
            expected = found.text(name, wiring)
        except (KeyError, ValueError, OverflowError) as error:
            raise InputError(f"the C source of a control law of {name}", where) from error
        same(
            expected,
            text,
            where,
            "the C source of a control law, nothing in it changed but its gains and times",
            "Export it again; a law of another period or plant belongs to another problem.",
        )
        return found
