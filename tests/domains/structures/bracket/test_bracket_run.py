"""The bracket of the examples, from its spec to files that are read back and replayed."""

from pathlib import Path

import numpy as np
import pytest

from ingenium.core.evidence import read
from ingenium.core.spec import load as load_spec
from ingenium.core.verdict import Verdict
from ingenium.kits.solids.printing.files import read_mesh
from ingenium.verbs.propose import propose
from ingenium.verbs.replay import replay
from ingenium.verbs.verify import verify

SPEC = Path(__file__).parents[4] / "examples" / "structures" / "bracket.toml"
COUNT = 3


@pytest.mark.slow
def test_a_few_brackets_hold_what_their_evidence_says(tmp_path: Path) -> None:
    spec = load_spec(SPEC)
    run = propose(spec, n=COUNT, seed=0, out=tmp_path / "run")
    records = read(run.folder / "evidence.jsonl")
    assert [record["design"] for record in records] == list(range(COUNT))
    verdicts = run.verdicts["verdict"].to_numpy()
    assert not (verdicts == Verdict.FAILED).any()
    assert len(run.selected)
    for position in run.selected:
        assert verdicts[position] == Verdict.ACCEPTED
        for limit in spec.limits:
            found = float(run.verdicts[limit.quantity][position])
            assert np.isfinite(found)
            assert limit.at_most is None or found <= float(str(limit.at_most))
            assert limit.at_least is None or found >= float(str(limit.at_least))
        record = records[int(run.designs["design"][position])]
        written = run.folder / record["file"]
        assert verify(spec, written).designs[0].record == "as recorded"
        folder = written if written.is_dir() else written.parent
        for name in ("part.stl", "part.3mf"):
            assert read_mesh(folder / name).is_watertight
            assert verify(spec, folder / name).designs[0].verdict == "accepted"
    distance = run.record["cross_check"]["disagreement"]  # with scikit-fem
    assert {"stress", "displacement", "frequency"} < set(distance)
    assert distance["stress"] < 1e-3
    assert distance["frequency"] < 10  # the engine lumps its masses
    found = replay(run.folder, COUNT - 1)
    assert found.reproduced, [check for check in found.checks if not check.reproduced]
    bits = next(check for check in found.checks if check.part == "design")
    assert bits.found == "the same bit for bit"
