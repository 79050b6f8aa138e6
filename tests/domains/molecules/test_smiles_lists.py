"""Lists of SMILES as chemists have them: with stereochemistry, and with several faults."""

from pathlib import Path

import pytest

from ingenium.core.errors import InputError
from ingenium.core.remarks import hearing
from ingenium.domains.molecules.formats import SmilesFile
from ingenium.kits.chemistry.safety import DualUseScreen

NICOTINE, FLAT = "CN1CCC[C@H]1c1cccnc1", "CN1CCCC1c1cccnc1"


def read(tmp_path: Path, *rows: str) -> list[str]:
    path = tmp_path / "own.smi"
    path.write_text("\n".join(rows) + "\n")
    return SmilesFile(100, DualUseScreen()).read(path)["smiles"].to_numpy().tolist()


def test_stereochemistry_is_dropped_and_said(tmp_path: Path) -> None:
    said: list[str] = []
    with hearing(said.append):
        assert read(tmp_path, "CCO ethanol", f"{NICOTINE} nicotine", r"F/C=C/F") == [
            "CCO",
            FLAT,
            "FC=CF",
        ]
        assert said == ["2 of 3 lines of own.smi state stereochemistry: dropped."]
        assert read(tmp_path, FLAT) == [FLAT]
    assert len(said) == 1


def test_all_faulty_lines_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read(tmp_path, "CCO", "C1CC", "CCC", "no", "[13CH4]")
    message = str(refused.value)
    assert "line 2" in message
    assert "2 other lines of own.smi are faulty too: 4, 5." in message
    with pytest.raises(InputError, match="line 2") as alone:
        read(tmp_path, "CCO", "C1CC")
    assert "other lines" not in str(alone.value)
