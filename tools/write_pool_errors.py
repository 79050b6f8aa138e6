"""Writes the errors of `printing` on MeltpoolNet, whose folder INGENIUM_MELTPOOLNET names."""

import json

from ingenium.domains.printing.calibration import FILE, calibrate
from ingenium.domains.printing.measured import FOLDER, folder

if __name__ == "__main__":
    named = folder()
    if named is None:
        raise SystemExit(f"expected {FOLDER}=FOLDER, got none")
    FILE.write_text(json.dumps(calibrate(named), indent=1) + "\n", encoding="utf-8")
