"""The contract on channels of a site."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.testing import Damage, ProblemContract

SMALL: dict[str, Any] = {"known": 20, "held_out": 5, "rays": 20_000, "depth": 2}


def _changed(change: Callable[[Any], None]) -> Damage:
    def damage(path: Path) -> None:
        import h5py

        with h5py.File(path, "r+") as file:
            change(file)

    return damage


def _sooner(file: Any) -> None:
    """Shorten all delays, and those that Sionna reads, by a tenth."""
    file["delay"][...] = 0.9 * file["delay"][()]
    file["tau"][...] = 0.9 * file["tau"][()]


def _elsewhere(file: Any) -> None:
    """Move the same paths to another place."""
    file["east_m"][...] = file["east_m"][()] + 15.0


def _in_ns(file: Any) -> None:
    """Write delays in ns, with that unit."""
    file["delay"][...] = 1e9 * file["delay"][()]
    file["delay"].attrs["units"] = "ns"


def _lost(file: Any) -> None:
    file["azimuth_bs"][...] = np.nan


FORGERIES: Mapping[str, Damage] = {
    "sooner than light": _changed(_sooner),
    "at another place": _changed(_elsewhere),
    "in nanoseconds": _changed(_in_ns),
    "with angles lost": _changed(_lost),
}


class TestSiteChannel(ProblemContract):
    problem_name = "radio.site_channel"
    setup: ClassVar = SMALL
    few = 4

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {"sionna-hdf5": FORGERIES}


class TestAreaChannel(ProblemContract):
    problem_name = "radio.area_channel"
    setup: ClassVar = {
        **SMALL,
        "rays": 5_000,
        "masts": [{"scene": "munich"}, {"scene": "munich", "bs_m": [8.5, 61.0, 27.0]}],
    }
    few = 4

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        """Forgeries of a site, a few of which show that its own file is read."""
        few = ("sooner than light", "at another place", "in nanoseconds")
        return {"sionna-hdf5": {name: FORGERIES[name] for name in few}}


def _weaker(file: Any) -> None:
    """Lower the power of the beams a little."""
    for name in ("beam_real", "beam_imaginary"):
        file[name][...] = 0.999 * file[name][()]


def _stronger(file: Any) -> None:
    """Raise the power of the beams above the need."""
    for name in ("beam_real", "beam_imaginary"):
        file[name][...] = 1.01 * file[name][()]


def _easier(file: Any) -> None:
    """Write a lower SINR than the requested one."""
    file["requested_db"][...] = file["requested_db"][()] - 3.0


def _nearer(file: Any) -> None:
    """Make channels louder under the same beams."""
    for name in file:
        if name.startswith("channel"):
            file[name][...] = 1.1 * file[name][()]


def _silent(file: Any) -> None:
    """Remove the beam of the last user."""
    for name in ("beam_real", "beam_imaginary"):
        file[name][:, -1] = 0.0


def _exchanged(file: Any) -> None:
    """Exchange beams between users."""
    for name in ("beam_real", "beam_imaginary"):
        file[name][...] = np.roll(file[name][()], 1, axis=1)


class TestBeam(ProblemContract):
    problem_name = "radio.beam"
    setup: ClassVar = {**SMALL, "users": 3, "antennas": 4, "sets": 12}
    few = 4
    harmless: ClassVar[Mapping[str, str]] = {
        "back to front": (
            "Users and antennas have no names: a permutation of all of them is the same set."
        )
    }

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "beam-hdf5": {
                "with weaker beams": _changed(_weaker),
                "with stronger beams": _changed(_stronger),
                "with beams for other users": _changed(_exchanged),
                "that asks for less": _changed(_easier),
                "with louder channels": _changed(_nearer),
                "with a user left out": _changed(_silent),
            }
        }


def test_a_user_who_asks_for_more_than_antennas_may_send_is_named() -> None:
    setup = {**TestBeam.setup, "antenna_limit": 1e-12}
    with pytest.raises(InputError, match=r"user \d asks for most power"):
        open_problem(Spec(problem="radio.beam", setup=setup)).prepare()
