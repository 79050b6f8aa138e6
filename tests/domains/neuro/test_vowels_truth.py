"""Spoken vowels: the data's counts, the reader against a plain loop, and invalid utterances."""

import numpy as np
import torch

from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.neuro.vowels.data import held_out, on_frames, vowels
from ingenium.domains.neuro.vowels.verifier import accuracy, reader


def _measured(series: np.ndarray, speaker: np.ndarray) -> np.ndarray:
    problem = open_problem(Spec(problem="neuro.vowels"))
    arrays = torch.from_numpy(series), torch.from_numpy(speaker.astype(np.float64))
    found: np.ndarray = problem.verifier.measure(*arrays).numpy()
    return found


def test_utterances_are_those_of_the_data():
    """Counts of UCI's description: 30 a speaker for training, 24 to 88 held out."""
    series, speaker = vowels()
    assert series.shape == (640, 12, 16)
    assert np.bincount(speaker[~held_out()])[1:].tolist() == [30] * 9
    assert np.bincount(speaker[held_out()])[1:].tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    assert series[0, 0, 0] == 1.8609


def test_a_line_stays_a_line_on_other_frames():
    x = np.arange(29.0)[None] * [[2.0], [-1.0]]
    np.testing.assert_allclose(on_frames(x), np.linspace(0, 28, 16) * [[2.0], [-1.0]], atol=1e-12)


def test_the_reader_reads_19_of_20_voices_that_it_never_heard():
    """Kudo and others print 94.1 % for this split."""
    assert accuracy() >= 0.95


def test_distances_are_those_of_a_plain_loop():
    own = reader()
    x = torch.from_numpy(vowels()[0][400:402]).flatten(1)
    found = own.distances(x)
    inverse = own.white @ own.white.T
    for i in range(2):
        for s in range(9):
            distance = x[i] - own.mean[s]
            assert abs(float(distance @ inverse @ distance) / 192 - float(found[i, s])) < 1e-9


def test_what_no_voice_says_is_strange():
    series, speaker = vowels()
    real = _measured(series[held_out()], speaker[held_out()])
    most = np.quantile(real[:, 1], 0.99)
    for wrong in (3 * series[:20], series[:20, :, ::-1], series[:20, ::-1], 0 * series[:20]):
        assert (_measured(wrong.copy(), speaker[:20])[:, 1] > most).mean() > 0.9
    assert np.isnan(_measured(series[:2], np.array([0, 1.5]))).all()
