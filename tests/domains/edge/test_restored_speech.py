"""Restored speech: its measurements, its coder, and its network.

The contract on files and designs is in `tests/contract/test_speech.py`.
"""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ingenium.core.errors import EngineError, InputError
from ingenium.domains.edge.speech.coder import BOUND, RATES, bits, coded, decoded
from ingenium.domains.edge.speech.formats import wav
from ingenium.domains.edge.speech.network import MaskNetwork
from ingenium.domains.edge.speech.sounds import (
    HELD_OUT,
    LEVEL_DB,
    NOISES,
    RATE_HZ,
    SAMPLES,
    active,
    compressed,
    expanded,
    noisy,
    utterances,
)
from ingenium.domains.edge.speech.spectra import HIGH_HZ, LOW_HZ, sound, spectra
from ingenium.domains.edge.speech.verifier import MOST_DB, SpeechMeter, course, distortion_db
from ingenium.domains.edge.speech.wiener import TUNED, filtered, tuned
from ingenium.edge.integer import Dense
from ingenium.edge.parts import GraphRunner, Recorder, part_of
from ingenium.edge.quantise import Scheme, quantised
from ingenium.verbs.verify import verify
from ingenium_networks.recipes import voices

NAMES = [q.name for q in SpeechMeter().quantities]
AUDIBLE_DB = -70.0  # of what is decoded at least, below the loudest sine


def measured(*own: np.ndarray, snr_db: float = 0.0) -> dict[str, np.ndarray]:
    """Measure outputs, given as the first utterance under the first noise."""
    n = len(own)
    ones = torch.ones(n, dtype=torch.float64)
    found = SpeechMeter().measure(torch.from_numpy(np.stack(own)), ones, ones, snr_db * ones)
    return dict(zip(NAMES, found.numpy().T, strict=True))


def white_at(snr_db: float) -> np.ndarray:
    return noisy(0, next(iter(NOISES)), snr_db)


def test_utterances_are_as_loud_as_telephones_expect() -> None:
    for u in utterances():
        power = np.square(u.samples.reshape(-1, 256)[active(u.samples)]).mean()
        assert 10 * np.log10(2 * power) == pytest.approx(LEVEL_DB)
    held = {u.voice for u in utterances() if u.held_out}
    learned = {u.voice for u in utterances() if not u.held_out}
    assert not held & learned
    assert not {u.text for u in utterances() if u.held_out} & set(voices.TEXTS)


def test_noise_is_mixed_as_it_is_said() -> None:
    clean = utterances()[0].samples
    rows = active(clean)
    for snr_db in (-5.0, 0.0, 12.0):
        rest = white_at(snr_db) - clean
        power = np.square(clean.reshape(-1, 256)[rows]).mean() / np.square(rest).mean()
        assert 10 * np.log10(power) == pytest.approx(snr_db)


def test_small_samples_keep_their_digits() -> None:
    x = np.geomspace(1e-4, 1, 60)
    assert np.abs(expanded(compressed(x)) / x - 1)[20:].max() < 0.05


def test_spectra_give_back_what_they_were_made_of() -> None:
    x = torch.from_numpy(utterances()[1].samples)[None]
    torch.testing.assert_close(sound(spectra(x))[:, :-256], x[:, :-256], rtol=0, atol=1e-7)


def test_neither_silence_nor_louder_copies_gain_anything() -> None:
    heard = white_at(0.0)
    said = utterances()[0].samples
    found = measured(heard, 3 * heard, 0.01 * heard, 0 * heard, said, heard.mean() + 0 * heard)
    np.testing.assert_allclose(found["gain_db"][:3], 0, atol=1e-9)
    assert found["gain_db"][3] < -MOST_DB + 5
    assert found["level_db"][3] == -99
    assert found["gain_db"][4] > 40
    assert found["gain_db"][5] < -20
    assert found["level_db"][2] < -30


def test_what_is_no_number_has_no_answer_and_disturbs_none() -> None:
    said = utterances()[0].samples
    broken = said.copy()
    broken[7] = np.nan
    found = measured(said, broken, np.where(said > 0.1, np.inf, said))
    assert np.isfinite(found["gain_db"]).tolist() == [True, False, False]


def test_the_ratio_is_that_of_orthogonal_parts() -> None:
    said = utterances()[2].samples
    rest = np.random.default_rng(0).standard_normal(SAMPLES)
    rest -= (rest * said).sum() / np.square(said).sum() * said
    rest *= np.sqrt(np.square(said).sum() / np.square(rest).sum())
    for ratio in (0.1, 1.0, 30.0):
        got = distortion_db(0.3 * (said + rest / np.sqrt(ratio)), said)
        assert got == pytest.approx(10 * np.log10(ratio))
    assert course(0.2 * said, said) == pytest.approx(1)
    assert abs(course(rest, said)) < 0.2


@pytest.mark.parametrize("bit_s", RATES)
def test_whatever_the_bits_say_it_is_finite_audible_and_in_band(bit_s: int) -> None:
    rng = np.random.default_rng(bit_s)
    n = bits(bit_s)
    own = coded(utterances()[4].samples, bit_s)
    assert own.shape == (n,)
    turned = own.copy()
    turned[rng.integers(n, size=max(1, n // 50))] ^= True
    streams = [np.zeros(n, bool), np.ones(n, bool), rng.random(n) < 0.5, rng.random(n) < 0.05]
    for stream in (*streams, turned, own, own[::-1].copy()):
        x = decoded(stream, bit_s)
        assert np.isfinite(x).all()
        assert np.abs(x).max() < BOUND + 1e-9
        assert 10 * np.log10(2 * np.square(x).mean()) > AUDIBLE_DB
    x = decoded(own, bit_s)
    power = np.square(np.abs(np.fft.rfft(x)))
    hz = np.fft.rfftfreq(SAMPLES, 1 / RATE_HZ)
    assert power[(hz >= LOW_HZ) & (hz <= HIGH_HZ)].sum() > 0.98 * power.sum()
    loud = 10 * np.log10(np.square(x).sum() / np.square(utterances()[4].samples).sum())
    assert abs(loud) < 4


def test_more_bits_are_nearer() -> None:
    said = utterances()[6].samples
    found = {rate: decoded(coded(said, rate), rate) for rate in RATES}
    near = [distortion_db(found[r], said) for r in (16_000, 8_000, 4_000, 2_000)]
    assert near == sorted(near)[::-1]
    assert near[0] > 7
    alike = [course(found[r], said) for r in (1_000, 500, 250)]
    assert alike == sorted(alike)[::-1]


def _network() -> Any:
    torch.manual_seed(0)
    return MaskNetwork(SAMPLES, width=16)


def _heard(count: int) -> torch.Tensor:
    kinds = tuple(NOISES)
    rows = [noisy(i, kinds[i % 7], 3.0 * i - 5) for i in range(count)]
    return torch.from_numpy(np.stack(rows)).float()


def test_frame_by_frame_is_all_at_once() -> None:
    own, heard = _network(), _heard(2)
    found = part_of(own, "toy")
    recorders = {k: Recorder(g) for k, g in found.graphs(own).items()}
    seated: Any = found.seated(own, recorders)
    with torch.no_grad():
        torch.testing.assert_close(seated.restored(heard), own.restored(heard))


def test_nothing_of_the_future_is_heard() -> None:
    own, heard = _network(), _heard(1)
    other = heard.clone()
    other[:, SAMPLES // 2 :] = 0
    with torch.no_grad():
        a, b = own.restored(heard), own.restored(other)
    torch.testing.assert_close(a[:, : SAMPLES // 2 - 256], b[:, : SAMPLES // 2 - 256])


@pytest.mark.parametrize("bits_of", [8, 4])
def test_no_weight_makes_it_loud_or_no_number(bits_of: int) -> None:
    """Integer networks: inverted bits and extreme weights leave gains between 0 and 1."""
    own, heard = _network(), _heard(2)
    found = part_of(own, "toy")
    recorder = Recorder(found.graphs(own)["gain"])
    found.seated(own, {"gain": recorder}).propose(heard, torch.Generator())  # type: ignore[operator]
    graph = quantised(recorder.graph, recorder.seen(), Scheme(bits_of))
    rng, most = np.random.default_rng(1), 2 ** (bits_of - 1) - 1
    for kind in ("turned", "largest", "none"):
        operators = []
        for op in graph.operators:
            if isinstance(op, Dense):
                weight = {
                    "turned": rng.integers(-most, most + 1, op.weight.shape),
                    "largest": np.where(op.weight < 0, -most, most),
                    "none": 0 * op.weight,
                }[kind]
                op = dataclasses.replace(op, weight=weight.astype(np.int8))
            operators.append(op)
        broken = dataclasses.replace(graph, operators=tuple(operators))
        seated: Any = found.seated(own, {"gain": GraphRunner(broken)})
        with torch.no_grad():
            x = seated.restored(heard)
        assert bool(x.isfinite().all())
        assert float(x.square().sum()) <= 4.1 * float(heard.square().sum())  # twice as loud
        assert float(x.square().sum()) > 0


def test_a_narrow_network_is_the_old_one_where_nothing_was_left_out() -> None:
    own, heard = _network(), _heard(2)
    found = part_of(own, "toy")
    recorder = Recorder(found.graphs(own)["gain"])
    found.seated(own, {"gain": recorder}).propose(heard, torch.Generator())  # type: ignore[operator]
    part: Any = found.part
    with torch.no_grad():
        same = part.narrowed(own, 1.0, {"gain": recorder})
        torch.testing.assert_close(same.restored(heard), own.restored(heard))
        half = part.narrowed(own, 0.5, {"gain": recorder})
    assert half.memory.hidden_size == 8
    assert half.restored(heard).shape == heard.shape


def test_a_missing_program_is_named_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(voices.shutil, "which", lambda name: None if name == "sox" else name)
    with pytest.raises(EngineError, match="sox not installed; write `apt-get install sox`"):
        voices.said("en", "open the valve")


@pytest.mark.parametrize(("who", "what"), [(33.0, 9.0), (1.0, 12.0), (0.0, 1.0), (1.0, 0.0)])
def test_a_file_of_what_nobody_said_is_refused(tmp_path: Path, who: float, what: float) -> None:
    path = tmp_path / "speech_00000.wav"
    path.write_bytes(wav(utterances()[0].samples, who, what, 0.0))
    with pytest.raises(InputError, match=r"said|disturbed"):
        verify("edge.speech", path)


def _recordings(held_out: bool) -> tuple[torch.Tensor, torch.Tensor]:
    rows = [
        (u.samples, noisy(i, kind, snr_db))
        for i, u in enumerate(utterances())
        for kind in NOISES
        for snr_db in (-3.0, 6.0)
        if u.held_out == held_out == (kind in HELD_OUT)
    ]
    x, heard = (torch.from_numpy(np.stack(v)).float() for v in zip(*rows, strict=True))
    return x, heard


@pytest.mark.slow
def test_the_filter_is_tuned_on_what_is_learned() -> None:
    """The best point of the grid is the default; it also helps on other noises."""
    x, heard = _recordings(held_out=False)
    assert tuned(x[::5], heard[::5]) == TUNED
    x, heard = _recordings(held_out=True)
    own = filtered(heard, TUNED)
    gains = [
        distortion_db(a.double().numpy(), s.double().numpy())
        - distortion_db(b.double().numpy(), s.double().numpy())
        for a, b, s in zip(own, heard, x, strict=True)
    ]
    assert np.mean(gains) > 4
