"""Checks of systems: public commands that a row names, run in seconds, and their findings."""

import io
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from ingenium.core.errors import CorruptError, InputError
from ingenium.core.folders import write_atomic
from ingenium_book.claims import Claim
from ingenium_book.findings import Check, Commands, Finding, Picture
from ingenium_book.history import commit
from ingenium_book.plan import CheckPlan
from ingenium_book.plan_run import carry_out
from ingenium_book.results import read_table, write_table
from ingenium_book.study import loaded
from ingenium_book.verdicts import BookVerdict, built


@dataclass(frozen=True)
class CheckOutcome:
    """Findings of a check, and the source that it ran on."""

    row: str
    findings: tuple[Finding, ...]
    commands: tuple[str, ...]  # commands that it ran, as a user would write them
    caption: str  # of its picture
    seconds: float
    cpu_seconds: float
    time: str  # UTC
    commit: str  # of the source; empty without git
    versions: Mapping[str, str]
    machine: Mapping[str, Any]


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
        findings=tuple(findings),
        commands=tuple(commands.ran),
        caption=caption,
        seconds=time.perf_counter() - started,
        cpu_seconds=time.process_time() - cpu,
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=commit(claim.package),
        versions=versions(loaded()),
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
        CorruptError: if it is none.
    """
    path, again = folder / f"{row}.json", f"Remove it and write: ingenium study check {row}"
    table = read_table(path, again)
    if table is None:
        return None
    try:
        return CheckOutcome(
            **table
            | {
                "findings": tuple(Finding(**finding) for finding in table["findings"]),
                "commands": tuple(table["commands"]),
            }
        )
    except (ValueError, KeyError, TypeError) as error:
        fault = f"is not the outcome of a check ({type(error).__name__}: {error})"
        raise CorruptError(str(path), fault, again) from error


def verdict(claim: Claim, outcome: CheckOutcome) -> BookVerdict:
    """Judge the findings of a check by the rule."""
    return built(outcome.findings, claim.title_parts, claim.acceptance)


def _store(outcome: CheckOutcome, image: bytes, folder: Path) -> None:
    path = folder / f"{outcome.row}.png"
    if image:
        write_atomic(path, image)
    else:
        path.unlink(missing_ok=True)
    write_table(folder / f"{outcome.row}.json", asdict(outcome))


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
