"""Settings without a part are refused, with an alternative."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pytest

from ingenium.core.errors import InputError
from ingenium.core.spec import parse
from ingenium.domains.structures.bracket.settings import BracketSettings
from ingenium.domains.structures.parts.metal import ALUMINIUM


@pytest.mark.parametrize(
    ("setup", "message"),
    [
        ({"bolts_mm": [[200.0, 12.0]]}, "inside 96 x 72 mm"),
        ({"bolts_mm": [[5.0, 12.0]]}, "hole at .5, 12. mm"),
        ({"bolts_mm": []}, "would float"),
        ({"bolts_mm": [[60.0, 36.0]]}, "tool can reach"),
        ({"pin_mm": [60.0, 105.0]}, "inside 96 x 108 mm"),
        ({"pin_mm": [60.0, 20.0]}, "above the feet"),
        ({"pin_radius_mm": 20.0}, "eye_radius_mm at least one cell"),
        ({"eye_width_mm": 100.0}, "at most 72 mm"),
        ({"bolt_radius_mm": -4.5}, "bolt_radius_mm above 0"),
        ({"cell_mm": 0.0}, "cell_mm above 0"),
        ({"cells": [4000, 4000, 4000]}, "GB a design"),
        ({"cells": [32, 24, 35]}, "even numbers"),
        ({"cells": [32, -24, 36]}, "even numbers"),
        ({"cells": [32, 24]}, "cells"),
        ({"cases": []}, "at least one load case"),
        ({"cases": [{"name": "up"}]}, "a force or a moment"),
        ({"cases": [{"name": "Up!", "force_n": [0, 0, 1]}]}, "small letters"),
        ({"making": {"steps": -3}}, "steps of at least 1"),
        ({"making": {"designs": 0}}, "at least 8 designs besides every eighth"),
        ({"material": {**asdict(ALUMINIUM), "poisson": 0.7}}, "Poisson ratio"),
        ({"bolt_radius": 4.5}, "bolt_radius"),
    ],
)
def test_a_setup_that_makes_no_part_is_refused(setup: Mapping[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse(setup, BracketSettings, "setup of structures.bracket")


def test_the_usual_bracket_is_accepted() -> None:
    assert parse({}, BracketSettings, "setup").size_mm == (96.0, 72.0, 108.0)
