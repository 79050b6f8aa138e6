"""Write the example lot of fifty synthetic parts: `python tools/write_lot.py OUT.zip`."""

import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from ingenium.domains.printing.quote.planted import planted
from ingenium.kits.solids.printing.files import write_stl

FIRST, COUNT = 1000, 50  # seeds, apart from those of studies


def main(out: str) -> None:
    """Write the archive; the same bytes each time."""
    with TemporaryDirectory() as folder, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(COUNT):
            path = Path(folder) / f"part_{i:02d}.stl"
            write_stl(planted(FIRST + i).mesh, path)
            entry = zipfile.ZipInfo(path.name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


if __name__ == "__main__":
    main(*sys.argv[1:])
