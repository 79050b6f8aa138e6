"""The program `metamath`, GPL: found on the path, called, and judge of files next to our kernel."""

import re
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from ingenium.core.errors import EngineError
from ingenium.trust.environments.limits import Limits
from ingenium.trust.environments.programs import Program, on_path

LIMITS = Limits(cpu_s=300, memory_mb=2048)
SYSTEM = Path("/usr/share/metamath/databases")  # of Debian's metamath-databases
REFUSED = "control-refused"  # label of a proof that every kernel refuses
_RELEASE = re.compile(r"Version (\S+)")
_CLEAN = "No errors were found."


@cache
def find() -> Program:
    """Find the program.

    Raises:
        MissingProgram: if it is not installed.
    """
    path = on_path("metamath", "it checks proofs independently")
    with tempfile.TemporaryDirectory(prefix="ingenium-metamath-") as name:
        printed = Program("metamath", path, LIMITS).run("exit\n", Path(name)).printed
    release = _RELEASE.search(printed)
    return Program("metamath", path, LIMITS, release[1] if release else "unknown")


def accepted(text: str, labels: Sequence[str], *, alongside: Path | None = None) -> list[bool]:
    """Judge theorems of a database, given as text that may include the file `alongside`.

    A proof that is refused by construction must be refused, or there is no answer.

    Raises:
        EngineError: if the program does not end, or accepts what is no proof.
    """
    with tempfile.TemporaryDirectory(prefix="ingenium-metamath-") as name:
        folder = Path(name)
        if alongside is not None:
            (folder / alongside.name).symlink_to(alongside)
        (folder / "judged.mm").write_text(text, encoding="ascii")
        commands = [f"verify proof {label}" for label in labels]
        typed = ["set scroll continuous", 'read "judged.mm"', *commands, "exit", ""]
        run = find().run("\n".join(typed), folder)
    parts = run.printed.split("MM> ")
    if run.out_of_time or len(parts) < len(labels) + 3:
        raise EngineError(f"metamath gave no answer: {run.printed[-300:]}")
    if _CLEAN not in parts[2]:
        return [False] * len(labels)
    answers = parts[3 : 3 + len(labels)]
    return [a.split() == [label] for a, label in zip(answers, labels, strict=True)]
