"""Row 29.17: an artefact for each component, the map of how data flows, and formats that return.

Components are those of ECCOLA as the chapter lists them, each with what of a release's record,
files and tests must be there; and those of the software: packages (version and licence), domains
(a page with engine, measurements, data and their licence) and problems (named in the documents).
The map of how data flows is the ledger as W3C PROV, read by the package `prov`. In each of
several lives a model is fitted, a run proposed with it, signed in two roles, replayed, a file of
it verified, and the run published. What each act used, gave and was done by (operator, signers,
engines that measured, the program where it computed) is written down beside the act, from what
was handed over and the files that were left. The map must show each of these flows under its
role, and no other. Forms that must return: ledger, PROV, RO-Crate, spec and designs. The old
format is MATPOWER's case, by pandapower's converter: 29 networks are written and read again. The
equations of the file, computed from the manual, must hold at the solved voltages within 1e-6 of
the power that is fed in; the net that is read must have these voltages within 1e-6 per unit, and
its losses within 1e-6 of that power. Budget: 5 seeds, runs of 6 designs, 29 networks.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ingenium import loop
from ingenium.core import spec as specs
from ingenium.core.designs import to_arrays
from ingenium.core.digest import dataset_digest, file_digest
from ingenium.core.problem import Watch
from ingenium.domains import load, own
from ingenium.domains.grid.studies import old_cases
from ingenium.evaluate.intervals import Interval, share_of
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.governance import pack, prov, sbom
from ingenium.governance.export import export
from ingenium.governance.pack import Pack
from ingenium.governance.studies import data_flows, eccola
from ingenium.governance.studies.data_flows import Life
from ingenium.studies import closure
from ingenium.studies.results import results_folder
from ingenium.trust.ledger import open_ledger
from ingenium.trust.records import check_chain, read_lines

DESIGNS = 6
QUICK_NETS = 4
HEADS = frozenset({"Engine", "Data and licence", "Measurements and units"})
REPOSITORY = results_folder().parents[1]


def measure(budget: Budget, watch: Watch) -> Measured:
    """Look for the artefact of each component, and for each flow that took place in the map."""
    shown: list[bool] = []
    invented: list[bool] = []
    forms: dict[str, list[bool]] = {}
    budget.folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=budget.folder) as new:
        for i, seed in enumerate(budget.seeds):
            watch("runs", i, len(budget.seeds))
            place = Path(new) / str(seed)
            place.mkdir()
            life = data_flows.lived(DESIGNS, seed, place)
            there = mapped(life, place)
            shown += [flow in there for flow in sorted(life.flows)]
            invented += [flow not in life.flows for flow in sorted(there)]
            for name, held in returned(life, place / "forms").items():
                forms.setdefault(name, []).append(held)
        without = sorted(
            name for name, there in answered(life, place / "pack").items() if not there
        )
        watch("old cases", 0, 1)
        names = old_cases.NETS[:QUICK_NETS] if budget.quick else old_cases.NETS
        nets = list(old_cases.cases(names, Path(new)))
    parts = dict(artefacts(REPOSITORY))
    bare = sorted(name for name, there in parts.items() if not there)
    lost = ", ".join(name for name, held in forms.items() if not all(held))
    spoilt = [net.name for net in nets if net.written and not net.returned]
    return from_intervals(
        values={
            "eccola": _whole(1 - len(without) / len(eccola.COMPONENTS)),
            "artefacts": _whole(1 - len(bare) / len(parts)),
            "flows": share_of(shown),
            "returned": share_of([held for all_of_it in forms.values() for held in all_of_it]),
            "legacy": share_of([net.returned for net in nets]),
            "invented": share_of(invented),
        },
        beside={
            "share of networks that the file says rightly": share_of([n.written for n in nets])
        },
        data=dataset_digest(life.problem.data()),
        notes=(
            f"Of ECCOLA, without an artefact: {', '.join(without) or 'none'}.",
            f"{len(parts)} components of software; without all of their artefacts: "
            f"{', '.join(bare) or 'none'}.",
            f"{len(life.flows)} flows in a life. Forms: {', '.join(forms)}; that did not return: "
            f"{lost or 'none'}.",
            f"Of {len(nets)} networks, wrong in the file already: "
            f"{', '.join(n.name for n in nets if not n.written) or 'none'}; when read: "
            f"{', '.join(spoilt) or 'none'}. A branch of a case has no conductance, so that the "
            "losses of a transformer's iron are not written.",
            "Programs of controllers (IEC 61131-3) were not looked at, ECCOLA's own sprints were "
            "not held, and searches and refusals are not among the acts whose flows were told.",
        ),
    )


def mapped(life: Life, place: Path) -> frozenset[data_flows.Flow]:
    """The flows that the exported map shows."""
    with open_ledger(life.release.book, create=False) as ledger:
        export(ledger, place / "flows.json", "prov-json")
    return data_flows.drawn(place / "flows.json", data_flows.chain(life.release))


def answered(life: Life, out: Path, root: Path = REPOSITORY) -> dict[str, bool]:
    """Whether each component of ECCOLA has all of its artefacts in the record of a release."""
    run = life.release.run
    with open_ledger(life.release.book, create=False) as ledger:
        pack.write(out, ledger, runs=[run], root=root)
        held = Pack(root, out, (run,), pack.counts(ledger), None)
    return {
        name: bool(whats) and all(pack.look(held, what).there for what in whats)
        for name, whats in eccola.COMPONENTS.items()
    }


def artefacts(root: Path) -> Iterator[tuple[str, bool]]:
    """Each component of the software, and whether all that belongs to it is there.

    To a package belong its version and licence; to a domain its page with engine, measurements,
    data and their licence, none of them empty; to a problem one of the documents.
    """
    for one in sbom.sbom()["components"]:
        yield f"package {one['name']}", bool(one["version"] and one.get("licenses"))
    pages = "\n".join(p.read_text(encoding="utf-8") for p in sorted((root / "docs").rglob("*.md")))
    for name in own():
        readme = closure.root(closure.OWN) / "domains" / name / "README.md"
        text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
        yield f"domain {name}", _filled(text) >= HEADS
        for key in load(name).problems:
            yield f"problem {name}.{key}", f"{name}.{key}" in pages


def _filled(text: str) -> set[str]:
    """Headings of a page below which something stands."""
    sections = [part.partition("\n") for part in f"\n{text}".split("\n## ")[1:]]
    return {head.strip() for head, _, body in sections if body.strip()}


def returned(life: Life, place: Path) -> dict[str, bool]:
    """Whether what is written in each form comes back the same from what reads it."""
    from rocrate.rocrate import ROCrate  # the extra `audit`, as the export needs it

    place.mkdir()
    model = prov.PACKAGES.package("prov.model")
    with open_ledger(life.release.book, create=False) as ledger:
        kept = ledger.entries()
        export(ledger, place / "l.jsonl")
        export(ledger, place / "p.json", "prov-json")
        export(ledger, place / "crate", "ro-crate", life.release.run)
    chain = list(read_lines(place / "l.jsonl"))
    read = model.ProvDocument.deserialize(str(place / "p.json"), format="json")
    ROCrate(place / "crate").write(place / "again")
    return {
        "ledger as JSON Lines": chain == kept and not check_chain(chain),
        "PROV-JSON by prov": read == prov.document(kept),
        "RO-Crate by ro-crate-py": _crate(place / "crate") == _crate(place / "again"),
        "spec as TOML": specs.load(life.release.run / "spec.toml") == life.spec,
        **_designs(life, place),
    }


def _designs(life: Life, place: Path) -> dict[str, bool]:
    """Known designs in each form of the problem."""
    problem, found = life.problem, {}
    designs = loop.training(problem).isel(design=slice(0, DESIGNS))
    for form in problem.formats.values():
        (place / form.name).mkdir()
        form.write(designs, place / form.name)
        back = form.read(place / form.name).sel(design=designs["design"])
        pairs = zip(*(to_arrays(d, problem.variables) for d in (designs, back)), strict=True)
        found[f"designs as {form.name}"] = all(np.allclose(a, b, atol=1e-6) for a, b in pairs)
    return found


def _crate(crate: Path) -> dict[str, Any]:
    """What a crate says of itself, but for when it was written, and what its files hold."""
    graph = json.loads((crate / "ro-crate-metadata.json").read_text())["@graph"]
    told = {e["@id"]: {k: v for k, v in e.items() if k != "datePublished"} for e in graph}
    files = [p for p in crate.rglob("*") if p.is_file() and p.name != "ro-crate-metadata.json"]
    return told | {str(p.relative_to(crate)) + " holds": file_digest(p) for p in files}


def _whole(share: float) -> Interval:
    """Of things that were all looked at."""
    return Interval(share, share, share)
