"""Theophylline in twelve people: each alone, and all together by mixed effects, here and in R.

R is an external program: `Rscript` with the package nlme, of Debian r-base-core and r-cran-nlme.
Its data set Theoph is read from it and not stored. There all people are fitted together, with
errors that are additive (Pinheiro and Bates, Mixed-Effects Models in S and S-PLUS, 2000, section
8.1), by clearance as in R, and by volume, which is the joint model here; and each alone, by nls.
Each alone is here a one-compartment model by the no-U-turn sampler, with errors in ratio, which
excludes readings of 0: those are left out, and the spread between people is too wide. The table has
the mean over people of the logarithms of rates, with its interval of 95 %, and their spread.

Run `python -m benchmarks equations_theoph`.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measuring import report
from ingenium.core.errors import InputError
from ingenium.evaluate.intervals import t_interval
from ingenium.model.families import FAMILIES
from ingenium.model.fitting import fit
from ingenium.model.population import DosedPerson, PopulationFit, PopulationModel, population
from ingenium.model.posterior import posterior
from ingenium.model.series import MeasuredSeries
from ingenium.model.system import ProcessModel

DRAWS = 200
SCRIPT = """
suppressMessages(library(nlme))
write.csv(as.data.frame(Theoph)[, c("Subject", "Time", "conc", "Dose")], "theoph.csv",
          row.names = FALSE)
told <- function(fit, name) {
  fixed <- intervals(fit, which = "fixed")$fixed
  spread <- as.numeric(VarCorr(fit)[1:3, "StdDev"])
  likelihood <- as.numeric(logLik(fit))
  write.csv(data.frame(name = rownames(fixed), fixed, spread, likelihood), name, row.names = FALSE)
}
rate <- conc ~ SSfol(Dose, Time, lKe, lKa, lCl)
whole <- nlme(rate, data = Theoph, fixed = lKe + lKa + lCl ~ 1,
              random = pdDiag(lKe + lKa + lCl ~ 1), start = c(-2.4, 0.45, -3.2))
told(whole, "clearance.csv")
law <- conc ~ Dose * exp(lV + lKa) / (exp(lKa) - exp(lKe)) *
  (exp(-exp(lKe) * Time) - exp(-exp(lKa) * Time))
told(nlme(law, data = Theoph, fixed = lKe + lKa + lV ~ 1, random = pdDiag(lKe + lKa + lV ~ 1),
          start = c(-2.4, 0.45, 0.75)), "volume.csv")
each <- coef(nlsList(rate, data = Theoph))
write.csv(data.frame(Subject = rownames(each), each), "alone.csv", row.names = FALSE)
cat(R.version.string, "nlme", as.character(packageVersion("nlme")))
"""
FAMILY = next(f for f in FAMILIES if f.name == "one_compartment")
RATES = {"uptake": "lKa", "elimination": "lKe"}


def of_r(folder: Path) -> str:
    """Run R, which writes three tables to the folder; return its versions."""
    program = shutil.which("Rscript")
    if program is None:
        raise InputError(
            "the program Rscript with the package nlme",
            "none",
            "apt-get install r-base-core r-cran-nlme",
        )
    (folder / "theoph.R").write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run([program, "theoph.R"], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise InputError("R to end well", done.stderr.strip()[-300:], "Install r-cran-nlme.")
    return done.stdout.strip()


def ours(hours: np.ndarray, readings: np.ndarray, seed: int) -> np.ndarray:
    """Medians and spreads of the logarithms of both rates, the faster one first."""
    series = MeasuredSeries(
        "hour", "hour", hours, ("theophylline",), ("mg/L",), readings[:, None], 0
    )
    found = fit(ProcessModel(FAMILY, (0,), series), seed)
    if found is None:
        return np.full(4, np.nan)
    rates = np.sort(posterior(found, DRAWS, seed).numbers[:, :2], 1)[:, ::-1]
    return np.concatenate([np.median(rates, 0), rates.std(0)])


def together(read: pd.DataFrame) -> PopulationFit:
    """Fit all people by mixed effects, with errors of one size as in R."""
    people = tuple(
        DosedPerson(str(who), own["Time"].to_numpy(), own["conc"].to_numpy(), own["Dose"].iloc[0])
        for who, own in read.groupby("Subject")
    )
    return population(PopulationModel(FAMILY, people))


def run() -> None:
    """Write and print a table."""
    with tempfile.TemporaryDirectory() as name:
        versions = of_r(Path(name))
        read, alone = (pd.read_csv(Path(name) / f"{n}.csv") for n in ("theoph", "alone"))
        mixed = {n: pd.read_csv(Path(name) / f"{n}.csv").set_index("name").to_dict("index")
                 for n in ("clearance", "volume")}  # fmt: skip
    people = sorted(read["Subject"].unique())
    made = np.full((len(people), 4), np.nan)
    for seed, person in enumerate(people):
        own = read[(read["Subject"] == person) & (read["conc"] > 0)]
        made[seed] = ours(own["Time"].to_numpy(), own["conc"].to_numpy(), seed)
    alone = alone.set_index("Subject").loc[people]
    whole = together(read)
    rows = []
    for i, (rate, letter) in enumerate(RATES.items()):
        low, middle, high, spread = whole.row(i)
        ends = tuple(np.log((low, middle, high)))
        rows.append(_row(rate, "mixed effects, here", ends, spread, whole.likelihood))
        for law, reported in mixed.items():
            one = reported[letter]
            ends = (one["lower"], one["est."], one["upper"])
            by = f"mixed effects, nlme of R, by {law}"
            rows.append(_row(rate, by, ends, one["spread"], one["likelihood"]))
        for by, own, wide in (
            ("each alone, no-U-turn sampler", t_interval(made[:, i]), made[:, i].std(ddof=1)),
            ("each alone, nls of R", t_interval(alone[letter]), alone[letter].std()),
        ):
            rows.append(_row(rate, by, (own.low, own.value, own.high), wide, None))
    report("equations_theoph", "Rates of theophylline in twelve people", rows, {"r": versions})


def _row(
    rate: str, by: str, ends: Sequence[float], spread: float, likelihood: float | None
) -> dict[str, object]:
    low, middle, high = np.exp(ends)
    return {
        "rate": rate,
        "by": by,
        "of people (1/h, 95 %)": f"{middle:.3f} ({low:.3f} to {high:.3f})",
        "spread of logarithms between people": round(float(spread), 3),
        "log likelihood": None if likelihood is None else round(likelihood, 2),
    }
