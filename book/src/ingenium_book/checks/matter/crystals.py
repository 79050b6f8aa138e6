"""Checks of crystals by their commands: as texts, by gap, as files in any cell, from binaries."""

import json
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ingenium.domains.matter import symmetry
from ingenium.domains.matter.crystal import CrystalProblem
from ingenium.domains.matter.packages import package
from ingenium.domains.matter.settings import LEARNED, CrystalSettings
from ingenium.domains.matter.verifier import SYMPREC
from ingenium.drawing.style import INK, MUTED, OURS, dress, panels
from ingenium_book.checks.matter import agreement
from ingenium_book.findings import Commands, Finding, Picture

ALL_ACCEPTED = """
problem = "matter.crystal"
[setup]
judge = "JUDGE"
elements = ELEMENTS
[generator]
family = "FAMILY"
[select]
export = "verified"
"""
GAP = """
[conditions]
gap = { at_least = 1.0, at_most = 1.8 }
stability = { at_least = -0.3, at_most = 0.02 }
"""
CERTIFIED = """
[[limits]]
quantity = "symmetry_preserved"
at_least = 1.0
[[limits]]
quantity = "screened_hull"
at_most = 0.05
unit = "eV"
[[limits]]
quantity = "gap_estimate"
at_least = 0.8
at_most = 2.0
unit = "eV"
[[limits]]
quantity = "polymorph"
at_most = 0.05
unit = "eV"
[[limits]]
quantity = "hull_distance"
at_most = 0.05
unit = "eV"
[[limits]]
quantity = "band_gap"
at_least = 1.0
at_most = 1.8
unit = "eV"
"""
FAMILY, RANDOM, ADVERSARIAL = "tokens_flow_matching", "random", "tokens_gan"
MANY, SOME = 200, 100
LEFT_OUT = ("K", "Rb")  # most of whose crystals were never computed
FEWER = tuple(e for e in LEARNED if e not in LEFT_OUT)
NEAR_EV, HULL_EV = 0.1, 0.05  # an atom above the two binaries
DISTANCE = 1.5  # angstrom between atoms
EXACT = 1e-6
RIGHT_ANGLED = (99, 221)  # groups of the list, whose origin may be moved to the centre of a cell


@dataclass(frozen=True, eq=False)
class CrystalRun:
    """Proposals of a command, as measured by CHGNet."""

    files: tuple[Path, ...]
    measured: dict[str, np.ndarray]
    accepted: np.ndarray
    cpu_s: float

    @property
    def texts(self) -> list[str]:
        """Group and atoms of each, in the format of a generator."""
        problem = CrystalProblem(CrystalSettings())
        read = [problem.formats["cif"].read(f)["crystal"].item() for f in self.files]
        return [str(text) for text in read]


def language_model(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 20.4: crystals as texts: speed, valid share, group, and energy."""
    _proposed(commands, "first", SOME)  # fits the model, which is cached
    found, plain = (_proposed(commands, name, MANY, name) for name in (FAMILY, RANDOM))
    rate = 60 * MANY / found.cpu_s
    text = f"{rate:.0f} structures a minute of one core, each relaxed and measured by CHGNet"
    yield Finding(f"{text} (10,000 claimed)", rate >= 10_000, gap=True)
    groups = [_group(f) for f in found.files]
    yield Finding(f"{len(groups)} of {MANY} files are read by pymatgen", len(groups) == MANY)
    retained = sum(said == seen for said, seen in groups)
    yield Finding(f"spglib finds the group that is written in {retained} of them", retained == MANY)
    near, alongside = (
        float((r.measured["screened_hull"] < NEAR_EV).mean()) for r in (found, plain)
    )
    yield Finding(
        f"{near:.0%} lie less than {NEAR_EV:g} eV an atom above their binaries by CHGNet, of texts "
        f"drawn at random {alongside:.0%}",
        near > alongside,
    )
    yield _outside_the_list(near, NEAR_EV)
    figure, grid = panels(1, 1, (4.2, 2.8))
    bins = np.linspace(-0.3, 1.5, 37)
    for run, style, name in (
        (found, {"color": OURS}, "learned"),
        (plain, {"histtype": "step", "color": INK}, "random"),
    ):
        shown = np.minimum(run.measured["screened_hull"], bins[-1] - 1e-9)
        grid[0, 0].hist(shown, bins, label=name, **style)
    grid[0, 0].axvline(NEAR_EV, color=INK, lw=0.8)
    grid[0, 0].legend(fontsize=8)
    dress(grid[0, 0], "above the binaries by CHGNet (eV an atom; 1.5 or more)", "crystals")
    yield Picture(
        figure, "Energies of crystals that a model of their texts wrote, and of random ones"
    )


def _outside_the_list(share: float, at_most: float) -> Finding:
    """Compare with a rival without a model: random texts, of which most are no crystal."""
    listed = float((CrystalProblem(CrystalSettings()).data()["stability"] <= at_most).mean())
    text = f"that is more than the {listed:.0%} of the list of crystals that it learned from"
    return Finding(text, share > listed, gap=True)


def gap_hits(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 20.5: shares with a gap of 1.0 to 1.8 eV by pw.x, on the hull; and the whole list."""
    found, plain = (
        _proposed(
            *(commands, name, SOME, family),
            judge="pw.x",
            elements=FEWER,
            more=GAP + CERTIFIED,
        )
        for name, family in (("asked", FAMILY), ("random", RANDOM))
    )
    ours, random = (float(r.accepted.mean()) for r in (found, plain))
    yield Finding(
        f"{ours:.0%} of {SOME} proposals without {' and '.join(LEFT_OUT)}, which would cost more "
        f"runs, have the gap and lie within {HULL_EV:g} eV an atom of the hull by pw.x, of texts "
        f"drawn at random {random:.0%}",
        ours >= 3 * random and ours > 0,
    )
    unlike = {t for t, a in zip(found.texts, found.accepted, strict=True) if a}
    yield Finding(f"these are {len(unlike)} different crystals", len(unlike) >= 3)
    known = CrystalProblem(CrystalSettings(elements=FEWER)).data()
    held = set(known["crystal"].to_numpy()[known["held_out"].to_numpy()])
    yield Finding(
        f"{len(unlike & held)} of them are of systems that were held out, a fifth of all",
        bool(unlike & held),
        gap=True,
    )
    inside = (known["gap"] >= 1.0) & (known["gap"] <= 1.8) & (known["stability"] <= HULL_EV)
    yield Finding(
        f"going through the list of {len(known['gap'])} crystals that CHGNet relaxed in minutes "
        f"finds {int(inside.sum())} by the estimate, no more than the generator does",
        int(inside.sum()) <= len(unlike),
        gap=True,
    )


def inverse_design(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 35.14: validity, uniqueness, stability, gaps, and cells in another setting."""
    found = _proposed(commands, "gap", SOME, FAMILY, more=GAP)
    distance = [_distance(f) for f in found.files]
    yield Finding(
        f"atoms of all {SOME} lie {min(distance):.2f} angstrom or more apart, and charges balance",
        min(distance) >= DISTANCE,
    )
    stable = found.measured["screened_hull"] <= HULL_EV
    hits = stable & (np.abs(found.measured["gap_estimate"] - 1.4) <= 0.4)
    plain = _proposed(commands, "any", SOME, RANDOM)
    by_chance = (plain.measured["screened_hull"] <= HULL_EV).mean()
    yield Finding(
        f"{stable.mean():.0%} are stable by CHGNet (at random {by_chance:.0%}), {hits.mean():.0%} "
        "with a gap of 1.0 to 1.8 eV by the estimate",
        bool(stable.mean() > by_chance),
    )
    yield _outside_the_list(float(stable.mean()), HULL_EV)
    share = len(set(found.texts)) / SOME
    yield Finding(f"{share:.0%} are unlike all others", share >= 0.1)
    right = [f for f in found.files if _group(f)[0] in RIGHT_ANGLED]
    off = _turned_off(commands, right[0])
    yield Finding(
        f"a crystal that is told turned, moved and in another order measures the same to {off:.1e}",
        off <= EXACT,
    )
    yield from _agreement()


def _agreement() -> Iterator[Finding | Picture]:
    """Compare CHGNet with pw.x, on crystals sampled at random and on those of the example."""
    random = agreement.rows(agreement.drawn(agreement.MOST))
    figure, grid = panels(1, 1, (3.6, 3.2))
    for name, rows, colour in (
        ("drawn at random", random, OURS),
        ("that the example asked about", agreement.rows(agreement.others()), MUTED),
    ):
        ours, exact = (
            np.array([getattr(r, k) for r in rows]) for k in ("by_chgnet_ev", "by_pw_ev")
        )
        off = np.abs(ours - exact)
        yield Finding(
            f"of {len(rows)} crystals {name} CHGNet's energy above the binaries is off pw.x's by "
            f"{np.median(off):.3f} eV an atom in the middle and {off.max():.3f} at most; "
            f"{(off > HULL_EV).mean():.0%} are off by more than {HULL_EV:g}",
            bool(np.median(off) < HULL_EV),
        )
        front = 3 if rows is random else 2
        grid[0, 0].scatter(exact, ours, s=14, color=colour, label=name, zorder=front)
    grid[0, 0].axline((0, 0), slope=1, color=INK, lw=0.8)
    grid[0, 0].legend(fontsize=8)
    dress(grid[0, 0], "above the binaries by pw.x (eV an atom)", "by CHGNet (eV an atom)")
    yield Picture(figure, "Energies above two binaries by CHGNet and by pw.x")


def ternaries(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 37.4, its crystals: an adversarial model and the hull of two binaries."""
    shares = {
        name: float(
            (_proposed(commands, name, SOME, name).measured["screened_hull"] <= HULL_EV).mean()
        )
        for name in (ADVERSARIAL, FAMILY, RANDOM)
    }
    yield Finding(
        f"{shares[ADVERSARIAL]:.0%} of ternaries with numbers by an adversarial model lie within "
        f"{HULL_EV:g} eV an atom of their binaries by CHGNet, of texts drawn at random "
        f"{shares[RANDOM]:.0%}",
        shares[ADVERSARIAL] > shares[RANDOM],
    )
    yield _outside_the_list(shares[ADVERSARIAL], HULL_EV)
    yield Finding(
        f"it finds more of them than flow matching ({shares[FAMILY]:.0%})",
        shares[ADVERSARIAL] > shares[FAMILY],
        gap=True,
    )


def _proposed(
    commands: Commands,
    name: str,
    n: int,
    family: str = FAMILY,
    *,
    judge: str = "chgnet",
    elements: Sequence[str] = LEARNED,
    more: str = "",
) -> CrystalRun:
    """All proposals of a command, whatever their verdict."""
    own = ALL_ACCEPTED.replace("JUDGE", judge).replace("FAMILY", family)
    text = own.replace("ELEMENTS", json.dumps(list(elements))) + more
    (commands.folder / f"{name}.toml").write_text(text)
    begun = time.process_time()
    commands(
        *("propose", "matter.crystal", "--spec", f"{name}.toml", "-n", n, "--seed", 1),
        *("--format", "cif", "--out", name),
    )
    spent = time.process_time() - begun
    lines = (commands.folder / name / "evidence.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if "measured" in row]
    names = {k for row in rows for k in row["measured"]}
    values = {
        k: np.array([row["measured"].get(k, {}).get("value", np.nan) for row in rows], dtype=float)
        for k in names
    }
    files = tuple(sorted((commands.folder / name / "designs").glob("*.cif")))
    held = np.array([row["verdict"] == "accepted" for row in rows])
    return CrystalRun(files, values, held, spent)


def _structure(file: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a file of ours does not repeat its formula
        (found,) = package("pymatgen.io.cif").CifParser(str(file)).parse_structures(primitive=False)
    return found


def _group(file: Path) -> tuple[int, int]:
    """Space group of a file, and the one that spglib finds in its atoms."""
    (said,) = [line.split()[1] for line in file.read_text().splitlines() if "Int_Tables" in line]
    found = symmetry.found(_structure(file), SYMPREC)
    return int(said), 0 if found is None else int(found.number)


def _distance(file: Path) -> float:
    """Smallest distance of two atoms, in angstrom."""
    return float(np.min(_structure(file).get_neighbor_list(r=5.0)[3]))


def _turned_off(commands: Commands, file: Path) -> float:
    """Largest difference of measured values of one crystal in two cell settings."""
    one = _structure(file)
    turn, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))
    core = package("pymatgen.core")
    other = core.Structure(
        one.lattice.matrix @ turn, [s.specie for s in one][::-1], one.frac_coords[::-1] + 0.5
    )
    measured = []
    for name, reported in (("plain", one), ("turned", other)):
        text = package("pymatgen.io.vasp").Poscar(reported).get_str(significant_figures=12)
        (commands.folder / f"{name}.vasp").write_text(text)
        done = commands("verify", "matter.crystal", f"{name}.vasp", "--spec", "gap.toml")
        (design,) = done.answer["designs"]
        measured.append([value["value"] for value in design["measured"].values()])
    return float(np.ptp(np.array(measured), axis=0).max())
