"""The stored page of a problem follows what is installed."""

from pathlib import Path

import pytest

from ingenium.cli.problem_page import stored_page
from ingenium.core.spec import Spec
from ingenium.domains.buildings.envelope.verifier import ENVIRONMENT


def test_an_engine_that_is_installed_later_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    engines = []
    for made in (False, True):
        if made:
            ENVIRONMENT.place.mkdir(parents=True)
            (ENVIRONMENT.place / ".made").write_text(ENVIRONMENT.digest)
        page = stored_page(Spec("buildings.envelope"))
        assert page is not None
        engines.append([e["name"] for e in page.described["engines"]])
    assert "EnergyPlus" not in engines[0]
    assert "EnergyPlus" in engines[1]
