"""Replay: propose and measure a design of a finished run again, and compare with its record."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from ingenium.core import evidence
from ingenium.core import spec as specs
from ingenium.core.artifact import Replay, ReplayCheck
from ingenium.core.designs import DESIGN
from ingenium.core.digest import dataset_digest, digest, path_digest
from ingenium.core.errors import CorruptError, IngeniumError, InputError
from ingenium.core.problem import Problem
from ingenium.core.provenance import code_digest, package_digest, versions
from ingenium.core.quantity import Variable
from ingenium.core.resolving import resolve
from ingenium.core.seeds import BLOCK
from ingenium.core.spec import Spec
from ingenium.core.verdict import weighed
from ingenium.core.verify import verify
from ingenium.generators import fitted
from ingenium.generators.generator import Generator
from ingenium.runs.loop import proposed, training
from ingenium.runs.recorded import TOLERANCE, Recorded
from ingenium.trust.ledger import Ledger

VOUCHED = "vouched"  # whether seals confirm a record; its stated uncertainty counts only then


@dataclass(frozen=True)
class DesignReplay(Replay):
    """Result of proposing and measuring one design of a run again."""

    design: int
    problem: str
    recorded: str  # verdict
    verdict: str


def recorded_spec(out: Path) -> Spec:
    """Load the spec of a finished run.

    Raises:
        InputError: if the folder contains no finished run.
    """
    for searched in (out, out / "result"):
        if (searched / "search.json").is_file():
            raise InputError(
                expected="the output folder of a finished proposal",
                got=f"{out}, the folder of a search",
                instead=f"Run the command under `replay` in {searched / 'evidence.jsonl'}: "
                "it searches the same again.",
            )
    wanted = ("spec.toml", "run.json", "evidence.jsonl", "model/model.json")
    missing = [name for name in wanted if not (out / name).is_file()]
    if missing:
        raise InputError(
            expected="the output folder of a finished run",
            got=f"{out}, without {', '.join(missing)}",
            instead="Write the folder that `ingenium propose` was given with --out.",
        )
    return specs.load(out / "spec.toml")


def _record_of(records: Sequence[dict[str, Any]], design: int) -> dict[str, Any]:
    """Return the evidence of one design.

    Raises:
        InputError: if the run has no such design.
    """
    found = [r for r in records if r["design"] == design]
    if not found:
        raise InputError(
            expected=f"a design from 0 to {len(records) - 1}",
            got=f"--design {design}",
            instead="Write --design 0, for instance.",
        )
    return found[0]


def replay(
    problem: Problem, requested: Spec, out: Path, design: int, ledger: Ledger | None = None
) -> DesignReplay:
    """Propose one design again from its seed and index, measure it and compare with its record.

    Args:
        problem: opened from the spec of the run.
        requested: that spec, from `recorded_spec`.
        out: folder of the run.
        design: its index.
        ledger: the ledger with the entry of the run, if there is one.

    Raises:
        InputError: if the run has no such design.
        CorruptError: if the model or the evidence was altered.
    """
    run = Recorded.of(out, ledger)
    record = {**_record_of(run.records, design), VOUCHED: run.whole}
    spec = resolve(requested, problem)
    known = training(problem)
    try:
        model = _model(problem, record, out)
        checks = [
            ReplayCheck("evidence", not run.faults, "; ".join(run.faults) or run.reported),
            _same("spec", record["spec"], digest(specs.as_table(spec))),
            _given(record, problem),
            _same("system", record["system"], problem.system),
            _same("data", record["data"], dataset_digest(known)),
            _same("model", record["model"], model.digest),
        ]
        generator = Generator(problem, model.family, spec, known)
        block, row = divmod(design, BLOCK)
        one = proposed(generator, record["seed"], block, [row]).sel({DESIGN: [design]})
        checks.append(_design(problem, one, record, out))
        verdicts = _measure(problem, spec, _as_exported(problem, one, record), record)
        checks += _measured(problem, spec, verdicts, record, "proposed again")
        if record["file"]:
            checks += _file(problem, spec, record, out)
    except IngeniumError:
        raise
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise CorruptError(
            str(out / "evidence.jsonl"),
            f"holds an incomplete record of design {design} ({error})",
            "Run the spec again.",
        ) from error
    reproduced = all(c.reproduced for c in checks)
    verdict = str(verdicts["verdict"].to_numpy()[0])
    reasons = () if reproduced else _reasons(problem, record, out / "run.json")
    return DesignReplay(tuple(checks), reasons, design, problem.name, record["verdict"], verdict)


def _model(problem: Problem, record: Mapping[str, Any], out: Path) -> fitted.FittedFamily:
    """Load the model of the run.

    Raises:
        CorruptError: if it was altered.
        InputError: if it may be unaltered, but the code of its domain has changed.
    """
    try:
        return fitted.load(out / "model", problem)
    except CorruptError as error:
        if not _package_changed(problem, record):
            raise
        raise InputError(
            f"the code of {problem.name} that made the run",
            f"another one, whose designs the model of {out} does not fit",
            "Run the spec again, or install what the run was made with.",
        ) from error


def _package_changed(problem: Problem, record: Mapping[str, Any]) -> bool:
    """Return whether the code of the problem's package is known to have changed."""
    return record.get("package") not in (None, package_digest(problem))


def _same(part: str, recorded: str, found: str) -> ReplayCheck:
    if recorded == found:
        return ReplayCheck(part, True, "same digest")
    return ReplayCheck(part, False, f"digest {found[:19]}, recorded {recorded[:19]}")


def _given(record: Mapping[str, Any], problem: Problem) -> ReplayCheck:
    """Compare the inputs of the spec with those of the run."""
    was, now = record.get("given", {}), problem.given.digests
    changed = sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))
    found = f"{', '.join(changed)} changed after the run" if changed else f"{len(now)} as recorded"
    return ReplayCheck("given", not changed, found)


def _measure(
    problem: Problem, spec: Spec, designs: xr.Dataset, record: Mapping[str, Any]
) -> xr.Dataset:
    """Verdicts, with the uncertainty that the record states where a limit must exceed it."""
    found = verify(
        designs,
        problem.verifier,
        spec.limits,
        variables=problem.variables,
        sizes=problem.sizes,
    )
    stated = {k: v["uncertainty"] for k, v in record["measured"].items() if "uncertainty" in v}
    return weighed(found, spec.limits, stated)


def _design(problem: Problem, one: xr.Dataset, record: Mapping[str, Any], out: Path) -> ReplayCheck:
    """Compare the design's arrays bit for bit; else state the difference from the stored ones."""
    if evidence.design_digests(problem, one)[0] == record["design_digest"]:
        return ReplayCheck("design", True, "the same bit for bit")
    try:
        with xr.open_dataset(out / "designs.nc", engine="h5netcdf") as stored:
            before = stored.sel({DESIGN: record["design"]}).load()
    except (OSError, KeyError, ValueError):
        return ReplayCheck(
            "design", False, "differs, and designs.nc cannot be read to say by how much"
        )
    distance = [
        _distance(v, one[v.name][0].to_numpy(), before[v.name].to_numpy())
        for v in problem.variables
    ]
    worst = ", ".join(text for text in distance if text)
    return ReplayCheck("design", False, f"differs from designs.nc: {worst or 'in its record only'}")


def _distance(v: Variable, now: np.ndarray, before: np.ndarray) -> str:
    """Difference of a variable of one design in words; empty if there is none."""
    if v.longest is not None:
        same = now.item() == before.item()
        return "" if same else f"{v.name} is {now.item()!r}, stored {before.item()!r}"
    most = float(np.max(np.abs(now - before)))
    return f"{v.name} by up to {most:.3g} {v.unit}" if most > 0 else ""


def _as_exported(problem: Problem, one: xr.Dataset, record: Mapping[str, Any]) -> xr.Dataset:
    """Return the design as measured for its record: rounded by its file if it was exported."""
    if record["measured_on"] != "file":
        return one
    form = problem.formats[record["format"]]
    with tempfile.TemporaryDirectory() as folder:
        form.write(one, Path(folder))
        return form.read(Path(folder)).load()


def _measured(
    problem: Problem, spec: Spec, verdicts: xr.Dataset, record: Mapping[str, Any], how: str
) -> list[ReplayCheck]:
    """Compare verdict, measured values and margins with the record."""
    verdict = str(verdicts["verdict"].to_numpy()[0])
    agrees = verdict == record["verdict"]
    found = verdict if agrees else f"{verdict}, recorded {record['verdict']}"
    checks = [ReplayCheck(f"verdict ({how})", agrees, found)]
    again = evidence.measured(
        problem,
        evidence.table(problem, verdicts)[0],
        {q.name: q.rounding for q in problem.quantities},
    )
    allowed = {}
    left_out = {
        q.name for q in problem.quantities if q.expensive
    }  # where a cheap limit was violated
    for name, value in again.items():
        was = record["measured"][name]
        if name in left_out and was["value"] is None:
            continue
        if value["value"] is None or "unit" not in value:
            if value["value"] != was["value"]:
                text = f"{value['value']}, recorded {was['value']}"
                checks.append(ReplayCheck(f"{name} ({how})", False, text))
            continue
        allowed[name] = TOLERANCE * abs(was["value"] or 0.0) + value["uncertainty"]
        if record["measured_on"] == "file" and record[VOUCHED]:
            allowed[name] += evidence.repeatable(was)
        checks.append(_number(f"{name} ({how})", value, was, allowed[name]))
    return [*checks, _margins(spec, verdicts, record, allowed, how)]


def _margins(
    spec: Spec,
    verdicts: xr.Dataset,
    record: Mapping[str, Any],
    allowed: Mapping[str, float],
    how: str,
) -> ReplayCheck:
    """Compare the recorded margins, within the tolerances of their quantities."""
    labels = [str(label) for label in verdicts["limit"].to_numpy()]
    now = evidence.margins(labels, verdicts["margin"].to_numpy()[0])
    was: Mapping[str, float | None] = record["margins"]
    distance = sorted(was.keys() ^ now.keys())
    for label, limit in zip(labels, spec.limits, strict=True):
        value, recorded = now[label], was.get(label)
        if recorded is None and limit.quantity not in allowed:
            continue
        if value is None or recorded is None:
            same = value is recorded
        else:
            same = abs(value - recorded) <= allowed.get(limit.quantity, 0.0)
        if not same:
            distance.append(f"{label}: {value}, recorded {recorded}")
    return ReplayCheck(
        f"margins ({how})", not distance, "; ".join(distance) or f"of {len(labels)} limits"
    )


def _number(
    part: str, now: Mapping[str, Any], was: Mapping[str, Any], allowed: float
) -> ReplayCheck:
    """Compare one measured number with the recorded one."""
    value, recorded = now["value"], was["value"]
    unit = "" if now["unit"] == "1" else f" {now['unit']}"
    if recorded is None:
        return ReplayCheck(part, False, f"{value:.6g}{unit}, recorded none")
    distance = abs(value - recorded)
    if distance <= allowed:
        return ReplayCheck(part, True, f"{value:.6g}{unit}")
    text = f"{value:.9g}{unit}, recorded {recorded:.9g} (differ by {distance:.3g})"
    return ReplayCheck(part, False, text)


def _file(problem: Problem, spec: Spec, record: Mapping[str, Any], out: Path) -> list[ReplayCheck]:
    """Check the exported file: its digest, and its measured values."""
    path = out / record["file"]
    if not path.resolve().is_relative_to(out.resolve()):
        return [ReplayCheck("file", False, f"{record['file']} lies outside the folder")]
    if not path.exists():
        return [ReplayCheck("file", False, f"{record['file']} is gone")]
    intact = path_digest(path) == record["file_digest"]
    found = "as recorded" if intact else "was altered after the run"
    checks = [ReplayCheck("file", intact, f"{record['file']} {found}")]
    try:
        designs = problem.formats[record["format"]].read(path)
        chosen = designs.sel({DESIGN: [record["design"]]}) if designs.sizes[DESIGN] > 1 else designs
        verdicts = _measure(problem, spec, chosen, record)
    except (IngeniumError, ValueError, KeyError) as error:
        return [*checks, ReplayCheck("file measured", False, f"cannot be read: {error}")]
    return checks + _measured(problem, spec, verdicts, record, "its file")


def _reasons(problem: Problem, record: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    """Changes since the run, as recorded in `run.json`, that can alter numbers."""
    try:
        run = json.loads(path.read_bytes())
        return tuple(_changes(problem, record, run["versions"], run["machine"])) or (
            "nothing that the run noted has changed: a file of it was altered",
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return ("run.json is not what the run wrote",)


def _changes(
    problem: Problem,
    record: Mapping[str, Any],
    then: Mapping[str, str],
    machine: Mapping[str, Any],
) -> Iterator[str]:
    if not _given(record, problem).reproduced:
        yield "what the spec gives is not what it gave to the run"
    if record["system"] != problem.system:
        yield "what the engine models, such as the net, is not that of the run"
    if record["code"] != code_digest():
        yield f"the code of ingenium is not that of the run (version {record['version']})"
    if _package_changed(problem, record):
        yield f"the code of {problem.name}, in its own package, is not that of the run"
    now = versions()
    changed = [f"{k} {v} then, {now.get(k)} now" for k, v in then.items() if now.get(k) != v]
    if changed:
        yield "other versions: " + "; ".join(changed)
    threads = machine["torch_threads"]
    if threads != torch.get_num_threads():
        yield f"{threads} threads then, {torch.get_num_threads()} now"
    capability = torch.backends.cpu.get_cpu_capability()
    if machine["torch_capability"] != capability:
        yield f"another processor: {machine['torch_capability']} then, {capability} now"
