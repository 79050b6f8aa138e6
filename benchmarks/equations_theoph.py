"""Theophylline in twelve people: a model of each by the no-U-turn sampler, and mixed effects in R.

R is a program beside this project: `Rscript` with the package nlme, of Debian r-base-core and
r-cran-nlme. Its data set Theoph is read from it and kept nowhere. There all people are explained
together, with errors that are additive (Pinheiro and Bates, Mixed-Effects Models in S and S-PLUS,
2000, section 8.1); and each alone, by nls. Here each is a model of one compartment with errors in
ratio, which knows no reading of 0: those are left out. Of people the mean of logarithms of rates is
told, with its interval of Student, and their spread.

Run `python -m benchmarks equations_theoph`.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measuring import report
from ingenium.core.errors import InputError
from ingenium.evaluate.intervals import t_interval
from ingenium.model.families import FAMILIES
from ingenium.model.fitting import fit
from ingenium.model.posterior import posterior
from ingenium.model.series import MeasuredSeries
from ingenium.model.system import ProcessModel

DRAWS = 200
SCRIPT = """
suppressMessages(library(nlme))
write.csv(as.data.frame(Theoph)[, c("Subject", "Time", "conc")], "theoph.csv", row.names = FALSE)
rate <- conc ~ SSfol(Dose, Time, lKe, lKa, lCl)
whole <- nlme(rate, data = Theoph, fixed = lKe + lKa + lCl ~ 1,
              random = pdDiag(lKe + lKa + lCl ~ 1), start = c(-2.4, 0.45, -3.2))
fixed <- intervals(whole, which = "fixed")$fixed
spread <- as.numeric(VarCorr(whole)[1:3, "StdDev"])
write.csv(data.frame(name = rownames(fixed), fixed, spread), "mixed.csv", row.names = FALSE)
each <- coef(nlsList(rate, data = Theoph))
write.csv(data.frame(Subject = rownames(each), each), "alone.csv", row.names = FALSE)
cat(R.version.string, "nlme", as.character(packageVersion("nlme")))
"""
RATES = {"uptake": "lKa", "elimination": "lKe"}


def of_r(folder: Path) -> str:
    """Run R, which leaves three tables there; and its versions."""
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
    family = next(f for f in FAMILIES if f.name == "one_compartment")
    found = fit(ProcessModel(family, (0,), series), seed)
    if found is None:
        return np.full(4, np.nan)
    rates = np.sort(posterior(found, DRAWS, seed).numbers[:, :2], 1)[:, ::-1]
    return np.concatenate([np.median(rates, 0), rates.std(0)])


def run() -> None:
    """Write and print a table."""
    with tempfile.TemporaryDirectory() as name:
        versions = of_r(Path(name))
        read, mixed, alone = (
            pd.read_csv(Path(name) / f"{n}.csv") for n in ("theoph", "mixed", "alone")
        )
    people = sorted(read["Subject"].unique())
    found = []
    for seed, person in enumerate(people):
        own = read[(read["Subject"] == person) & (read["conc"] > 0)]
        found.append(ours(own["Time"].to_numpy(), own["conc"].to_numpy(), seed))
    made = np.array(found)
    alone = alone.set_index("Subject").loc[people]
    theirs = mixed.set_index("name").to_dict("index")
    rows = []
    for i, (rate, letter) in enumerate(RATES.items()):
        for by, middle, spread in (
            ("each alone, no-U-turn sampler", t_interval(made[:, i]), made[:, i].std(ddof=1)),
            ("each alone, nls of R", t_interval(alone[letter]), alone[letter].std()),
        ):
            rows.append(_row(rate, by, (middle.low, middle.value, middle.high), spread))
        own = theirs[letter]
        ends = (own["lower"], own["est."], own["upper"])
        rows.append(_row(rate, "mixed effects, nlme of R", ends, own["spread"]))
    report("equations_theoph", "Rates of theophylline in twelve people", rows, {"r": versions})


def _row(rate: str, by: str, ends: tuple[float, float, float], spread: float) -> dict[str, object]:
    low, middle, high = np.exp(ends)
    return {
        "rate": rate,
        "by": by,
        "of people (1/h, 95 %)": f"{middle:.3f} ({low:.3f} to {high:.3f})",
        "spread of logarithms between people": round(spread, 3),
    }
