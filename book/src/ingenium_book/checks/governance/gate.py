"""Rows 33.16 and 36.20: runs that the gate before publishing admits, and those it blocks."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ingenium_book.checks.governance.release import HOURS, Release, StoredRelease
from ingenium_book.checks.language.stories import principles_of_texts
from ingenium_book.findings import Commands, Finding

EXACT = 1e-12  # relative; 96 sums of doubles are off by 96 x 1.1e-16 at most
LAYERS = ("technical", "procurement", "operation", "community")
STEP_H = 0.25  # of a day of 96 values
VALUE = re.compile(rb'"value": -?\d')  # of a measurement
SPOILED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {  # file of a run, and what is done
    "a design altered": ("designs/profile_000000.csv", lambda b: b.replace(b"\n0", b"\n1", 1)),
    "a design emptied": ("designs/profile_000001.csv", lambda b: b""),
    "a measured value made better": ("evidence.jsonl", lambda b: VALUE.sub(rb"\g<0>1", b, count=1)),
    "the spec altered": ("spec.toml", lambda b: b + b"# looser\n"),
    "the weights altered": ("model/model.safetensors", lambda b: b[:-1] + bytes([b[-1] ^ 1])),
}


def publishing_gate(commands: Commands) -> Iterator[Finding]:
    """Row 33.16: principles become checks that block, and persons approve by name."""
    release = Release(commands)
    release.new_key("eve")
    blocked = _unsigned(release)
    blocked |= {text: _spoiled(release, *how) for text, how in SPOILED.items()}
    text = f"{sum(blocked.values())} of {len(blocked)} breaches block: {', '.join(blocked)}"
    yield Finding(text, all(blocked.values()))
    done = release.publish("crate")
    yield Finding("the run as it was signed is published", done.code == 0)
    tried = commands("ledger", "list", "--kind", "publish").answer["entries"]
    text = f"each of the {len(blocked) + 1} attempts stands in the ledger ({len(tried)})"
    yield Finding(text, len(tried) == len(blocked) + 1)
    crate = commands.folder / "crate"
    named = _who(crate)
    yield Finding(
        f"the crate names who approved: {', '.join(sorted(named))}",
        named == {f"{role}@lab" for role in release.roles},
    )
    took = json.loads((crate / "run.json").read_text())["energy"]
    yield Finding(f"the crate holds the energy: {took['kwh']:.2g} kWh", took["kwh"] > 0)
    principles = done.answer["principles"]
    passing = {check["name"] for check in done.answer["checks"] if check["passed"]}
    with_check = [name for name, names in principles.items() if names and passing.issuperset(names)]
    text = f"each of the {len(principles)} principles has a check that blocks ({len(with_check)}"
    yield Finding(f"{text}: {', '.join(with_check)})", with_check == list(principles))
    yield from principles_of_texts(commands)


def _unsigned(release: Release) -> dict[str, bool]:
    """Try to publish until all have signed; each attempt with whether it was blocked."""
    first, last = release.roles
    acts: dict[str, Callable[[], Any]] = {
        "nobody signed": lambda: None,
        "one role did not sign": lambda: release.sign(first),
        "signed without a listed key": lambda: release.sign(last, key="eve"),
        "signed with another's key": lambda: release.sign(last, key=first),
        "refused": lambda: release.sign(last, "--refuse"),
    }
    blocked = {}
    for name, act in acts.items():
        act()
        blocked[name] = release.publish("crate").code == 1
    release.sign(last)
    return blocked


def _spoiled(release: Release, name: str, change: Callable[[bytes], bytes]) -> bool:
    """True if a run with a changed file is blocked; the file is restored."""
    place = release.run / name
    content = place.read_bytes()
    spoilt = change(content)
    place.write_bytes(spoilt)
    code = release.publish("spoilt").code
    place.write_bytes(content)
    return spoilt != content and code == 1 and not (release.commands.folder / "spoilt").exists()


def _who(crate: Path) -> set[str]:
    """Approvers, as the crate names them to other programs."""
    graph = json.loads((crate / "ro-crate-metadata.json").read_text())["@graph"]
    return {
        one["agent"]["@id"].removeprefix("#") for one in graph if one["@type"] == "EndorseAction"
    }


def four_layers(commands: Commands) -> Iterator[Finding]:
    """Row 36.20: days have exactly their energy, as files too, and four layers all must sign."""
    release = Release(commands, LAYERS, count=64)
    designs = xr.open_dataset(release.run / "designs.nc")
    proposed = _off(designs["load_p"].to_numpy())
    files = sorted((release.run / "designs").glob("*.csv"))
    written = _off(np.stack([pd.read_csv(file)["load_p"].to_numpy() for file in files]))
    text = f"{len(designs['design'])} proposed days hold {HOURS} h of full load within"
    yield Finding(f"{text} {proposed:.1g} of it", proposed < EXACT)
    text = f"the {len(files)} files that are handed over hold it within"
    yield Finding(f"{text} {written:.1g} of it", written < EXACT)
    stored = StoredRelease.of(release.ledger)
    passed, valid, signed = [], 0, 0
    for count in range(len(LAYERS) + 1):
        for signing in combinations(LAYERS, count):
            stored.back()
            for role in signing:
                release.sign(role)
            reported = commands("ledger", "verify-signatures", "--signers", "signers").answer
            states = [one["state"] for one in reported["sign_offs"]]
            valid, signed = valid + states.count("valid"), signed + len(signing)
            if release.publish("crate").code == 0:
                passed.append(signing)
    text = f"of {2 ** len(LAYERS)} sets of layers that sign, {len(passed)} passes: all four"
    yield Finding(text, passed == [LAYERS])
    yield Finding(f"{valid} of {signed} signatures stand in the log as valid", valid == signed)


def _off(load_p: np.ndarray) -> float:
    """Largest relative error of the energy of days, summed in extended precision."""
    energy = load_p.astype(np.longdouble).sum(1) * STEP_H
    return float(np.abs(energy / HOURS - 1).max())
