"""Checks of systems: public commands that a C row names, run in seconds, and their findings."""

import io
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from ingenium.core.digest import content_digest, digest, file_digest
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.folders import write_atomic
from ingenium_book import closure
from ingenium_book.claims import Claim
from ingenium_book.findings import Check, Commands, Finding, Picture
from ingenium_book.plan import CheckPlan
from ingenium_book.plan_run import carry_out
from ingenium_book.results import read_sealed, write_sealed
from ingenium_book.verdicts import Built, built


@dataclass(frozen=True)
class CheckOutcome:
    """Findings of a check, and the source that it ran on."""

    row: str
    built: Built
    findings: tuple[Finding, ...]
    commands: tuple[str, ...]  # commands that it ran, as a user would write them
    caption: str  # of its picture
    picture: str  # digest of the picture next to the file; empty if there is none
    seconds: float
    cpu_seconds: float
    time: str  # UTC
    code: str
    versions: Mapping[str, str]
    machine: Mapping[str, Any]


def code(claim: Claim) -> str:
    """Digest of the data and the source of a check, except for the commands themselves."""
    if isinstance(claim.check, CheckPlan):
        source = {module: closure.code(module) for module in claim.check.modules}
        return digest({"check": claim.check.digest, "source": source})
    return closure.code(_module(claim.check))


def run(claim: Claim, commands: "CommandRecord", folder: Path) -> CheckOutcome:
    """Run the check of a row and save its outcome, and its picture, in a folder.

    Raises:
        InputError: if the row has no check, or the check shows nothing.
        MissingExtra: if packages of its field are not installed.
    """
    from ingenium.core.provenance import machine, versions

    started, cpu = time.perf_counter(), time.process_time()
    findings: list[Finding] = []
    caption, image = "", b""
    for found in _findings(claim, commands):
        if isinstance(found, Finding):
            findings.append(found)
        else:
            caption, image = found.caption, drawn(found)
    if not any(not finding.gap for finding in findings):
        raise InputError(f"a finding of the check of row {claim.row} that is no gap", "none")
    outcome = CheckOutcome(
        row=claim.row,
        built=_built(findings),
        findings=tuple(findings),
        commands=tuple(commands.ran),
        caption=caption,
        picture=content_digest(image) if image else "",
        seconds=time.perf_counter() - started,
        cpu_seconds=time.process_time() - cpu,
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        code=code(claim),
        versions=versions(_distributions(claim)),
        machine=machine(),
    )
    _store(outcome, image, folder)
    return outcome


class CommandRecord(Commands, Protocol):
    """Commands that record how a user would write them."""

    ran: list[str]


def drawn(picture: Picture) -> bytes:
    """Render a picture as PNG."""
    file = io.BytesIO()
    picture.figure.savefig(file, format="png", dpi=80, metadata={"Software": None})
    return file.getvalue()


def read(row: str, folder: Path) -> CheckOutcome | None:
    """Read the stored outcome of a check, if there is one.

    Raises:
        CorruptError: if it or its picture was changed.
    """
    path, again = folder / f"{row}.json", f"Remove it and write: ingenium study check {row}"
    table = read_sealed(path, again)
    if table is None:
        return None
    try:
        found = CheckOutcome(
            **table
            | {
                "built": Built(table["built"]),
                "findings": tuple(Finding(**finding) for finding in table["findings"]),
                "commands": tuple(table["commands"]),
            }
        )
    except (ValueError, KeyError, TypeError) as error:
        fault = f"is not the outcome of a check ({type(error).__name__}: {error})"
        raise CorruptError(str(path), fault, again) from error
    image = path.with_suffix(".png")
    if found.picture and (not image.is_file() or file_digest(image) != found.picture):
        raise CorruptError(str(image), "is not the picture that the check drew", again)
    return found


def faults(claim: Claim, outcome: CheckOutcome) -> tuple[str, ...]:
    """Faults of an outcome, as sentences."""
    found = []
    if outcome.row != claim.row:
        found.append(f"it is the outcome of row {outcome.row}")
    if not claim.check:
        found.append("the row has no check")
    if outcome.built is not _built(outcome.findings):
        found.append(f"it says {outcome.built}, but its findings say {_built(outcome.findings)}")
    return tuple(found)


def _built(findings: "list[Finding] | tuple[Finding, ...]") -> Built:
    return built([f.holds for f in findings if not f.gap], [f.holds for f in findings if f.gap])


def _store(outcome: CheckOutcome, image: bytes, folder: Path) -> None:
    path = folder / f"{outcome.row}.png"
    if image:
        write_atomic(path, image)
    else:
        path.unlink(missing_ok=True)
    write_sealed(folder / f"{outcome.row}.json", asdict(outcome))


def _distributions(claim: Claim) -> tuple[str, ...]:
    """Third-party packages that the code of a check imports."""
    plan = claim.check
    modules = plan.modules if isinstance(plan, CheckPlan) else (_module(plan),)
    return tuple(sorted({name for one in modules for name in closure.distributions(one)}))


def _findings(claim: Claim, commands: Commands) -> Iterator[Finding | Picture]:
    if not claim.check:
        raise InputError("a row with a check", f"{claim.row}, which has none yet")
    if isinstance(claim.check, CheckPlan):
        return carry_out(claim.check, commands)
    module, _, name = claim.check.partition(":")
    found: Check | None = getattr(import_module(module), name, None)
    if found is None:
        raise InputError(f"a function {name} in {module}", "none")
    return found(commands)


def _module(check: str) -> str:
    return check.partition(":")[0]
