"""The contract of `software.patch`, and programs that evade judgement."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from ingenium.domains.software.patch.problem import SOURCE_DEFAULT
from ingenium.testing import Damage, ProblemContract

SMALL = {"edits": 40}
FIRST = SOURCE_DEFAULT.splitlines()[0]


def _diff(lines: str, path: Path) -> None:
    """Write a diff that puts lines above the program."""
    added = lines.splitlines()
    head = f"--- a/program.py\n+++ b/program.py\n@@ -1 +1,{len(added) + 1} @@\n"
    path.write_text(head + "".join(f"+{x}\n" for x in added) + f" {FIRST}\n")


class TestPatch(ProblemContract):
    problem_name = "software.patch"
    setup: ClassVar[Mapping[str, Any]] = SMALL

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        attacks = {
            "that prints a verdict": "print('[[[]]]', flush=True)",
            "that leaves": "import os\nos._exit(0)",
            "that forks": "import os\nos.fork()",
            "that answers for itself": "import os\nfor h in (1, 2, 4, 5, 6):\n"
            "    os.write(h, b'[\"done\", [[]]]\\n')",
            "that changes what compares": "import json\njson.dumps = lambda x: '[]'",
            "that changes the modules": "import sys\nfor m in ('json', 'enclosed.calls'):\n"
            "    sys.modules[m] = None",
            "that never ends": "while True: pass",
        }
        return {"diff": {name: partial(_diff, lines) for name, lines in attacks.items()}}
