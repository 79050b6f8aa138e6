"""Write the lock of an environment: `python -m ingenium.trust.environments.locking FOLDER`.

All of `requirements.txt` is resolved for this Python and system, and downloaded for its digests and
sizes. The first requirement is the engine.
"""

import json
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import asdict
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from ingenium.core.digest import file_digest
from ingenium.core.folders import write_atomic
from ingenium.trust.environments.environment import LOCK, REQUIREMENTS, Lock, here

_MB = 1e6


def lock(folder: Path) -> Lock:
    """Write the lock of the folder of an isolated environment.

    Raises:
        CalledProcessError: if pip finds no set of wheels that fits.
    """
    requested = folder / REQUIREMENTS
    with tempfile.TemporaryDirectory(prefix="ingenium-lock-") as place:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:"]
        subprocess.run([*pip, "--dest", place, "-r", str(requested)], check=True)
        wheels = {parse_wheel_filename(p.name)[:2]: p for p in sorted(Path(place).glob("*.whl"))}
        lines = [f"{k}=={v} --hash={file_digest(p)}" for (k, v), p in wheels.items()]
        releases = {name: str(version) for name, version in wheels}
        first = next(
            s for s in map(str.strip, requested.read_text().splitlines()) if s[:1] not in "#"
        )
        engine = canonicalize_name(Requirement(first).name)
        made = Lock(
            engine,
            releases[engine],
            *here(),
            packages=len(wheels),
            download_mb=round(sum(p.stat().st_size for p in wheels.values()) / _MB, 1),
            disk_mb=round(sum(map(_unpacked, wheels.values())) / _MB, 1),
        )
    write_atomic(folder / LOCK, "\n".join([f"# {json.dumps(asdict(made))}", *lines, ""]))
    return made


def _unpacked(wheel: Path) -> int:
    with zipfile.ZipFile(wheel) as archive:
        return sum(entry.file_size for entry in archive.infolist())


if __name__ == "__main__":
    print(lock(Path(sys.argv[1])).size)
