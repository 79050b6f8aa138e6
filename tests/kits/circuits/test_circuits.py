"""Circuits against closed forms, qiskit and each other."""

import math

import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.kits.circuits import qasm
from ingenium.kits.circuits.adversarial import AdversarialSettings, CircuitGAN
from ingenium.kits.circuits.born import BornMachine, BornSettings
from ingenium.kits.circuits.cells import RankCells
from ingenium.kits.circuits.circuit import (
    FIXED,
    ROTATIONS,
    QubitCircuit,
    QubitGate,
    width_of,
)
from ingenium.kits.circuits.layers import first_angles, layered
from ingenium.kits.circuits.mps import MatrixProduct, MatrixProductSettings
from ingenium.kits.circuits.noise import DeviceNoise, noisy_probabilities, trajectories
from ingenium.kits.circuits.statevector import (
    entropy,
    expectation,
    probabilities,
    run,
    sampled,
)
from ingenium.train.plan import Plan
from ingenium_book.checks.quantum.gradients import parameter_shift, spsa

GHZ = QubitCircuit(
    3, (QubitGate("h", (0,)), QubitGate("cx", (0, 1)), QubitGate("cx", (1, 2)))
)  # all or none
NONE = torch.zeros(1, 0, dtype=torch.float64)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_circuit(seed: int, qubits: int, count: int = 30) -> tuple[QubitCircuit, torch.Tensor]:
    """Gates of all kinds on random qubits, with random angles."""
    sample = np.random.default_rng(seed)
    operations: list[QubitGate] = []
    angles = 0
    while len(operations) < count:
        gate = str(sample.choice([*ROTATIONS, *FIXED]))
        if width_of(gate) > qubits:
            continue
        at = tuple(int(q) for q in sample.permutation(qubits)[: width_of(gate)])
        operations.append(QubitGate(gate, at, angles if gate in ROTATIONS else None))
        angles += gate in ROTATIONS
    values = sample.uniform(-3, 3, (1, angles))
    return QubitCircuit(qubits, tuple(operations)), torch.from_numpy(values)


def test_ghz_is_all_or_none() -> None:
    chance = probabilities(GHZ, NONE)[0]
    torch.testing.assert_close(chance[[0, 7]], torch.full((2,), 0.5, dtype=torch.float64))
    assert float(entropy(run(GHZ, NONE), 3)) == pytest.approx(1.0, abs=1e-12)
    assert float(expectation(run(GHZ, NONE), "XXX", (0, 1, 2))) == pytest.approx(1.0)


def test_fourier_transform_of_a_basis_state() -> None:
    """The transform of |1> has equal amplitudes, with phases by rz up to a global one."""
    n = 3
    operations: list[QubitGate] = []
    angles: list[float] = []

    def turn(gate: str, qubits: tuple[int, ...], angle: float) -> None:
        operations.append(QubitGate(gate, qubits, len(angles)))
        angles.append(angle)

    operations.append(QubitGate("x", (0,)))
    for target in reversed(range(n)):
        operations.append(QubitGate("h", (target,)))
        for control in reversed(range(target)):  # a controlled phase, of rz and rzz
            phase = math.pi / 2 ** (target - control)
            turn("rz", (control,), phase / 2)
            turn("rz", (target,), phase / 2)
            turn("rzz", (control, target), -phase / 2)
    operations.append(QubitGate("swap", (0, 2)))
    circuit = QubitCircuit(n, tuple(operations))
    state = run(circuit, torch.tensor([angles], dtype=torch.float64))[0].numpy()
    truth = np.exp(2j * np.pi * np.arange(8) / 8) / math.sqrt(8)
    assert abs(np.vdot(truth, state)) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_states_equal_qiskit_on_the_file(seed: int) -> None:
    reader = pytest.importorskip("qiskit.qasm2", reason='pip install "ingenium[quantum]"')
    from qiskit.quantum_info import Statevector

    circuit, angles = random_circuit(seed, 1 + seed % 8)
    text = qasm.written(qasm.AngledCircuit(circuit, angles[0].numpy()))
    theirs = reader.loads(text, custom_instructions=reader.LEGACY_CUSTOM_INSTRUCTIONS)
    theirs = theirs.remove_final_measurements(inplace=False)
    again = qasm.read(text)
    assert np.array_equal(again.angles, angles[0].numpy())
    own = run(again.circuit, torch.from_numpy(again.angles)[None])[0].numpy()
    truth = Statevector(theirs).data
    assert abs(np.vdot(truth, own)) == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose(np.abs(own), np.abs(truth), atol=1e-12)
    assert again.circuit.depth == theirs.depth()


def test_reversal_shift_and_differences_give_one_gradient() -> None:
    circuit, angles = random_circuit(3, 4)
    at = angles.clone().requires_grad_()

    def cost(rows: torch.Tensor) -> torch.Tensor:
        return expectation(run(circuit, rows), "ZX", (0, 2))

    (slope,) = torch.autograd.grad(cost(at).sum(), at)
    shifted = parameter_shift(lambda rows: cost(rows).detach(), angles[0])
    torch.testing.assert_close(shifted, slope[0], rtol=0, atol=1e-12)
    assert torch.autograd.gradcheck(lambda rows: probabilities(circuit, rows), (at,))


def test_random_directions_descend() -> None:
    circuit = layered(3, 2)
    start = first_angles(circuit, 2, rng())
    end, course = spsa(
        lambda rows: expectation(run(circuit, rows), "ZZ", (0, 1)), start, rng(1), steps=200
    )
    assert bool((course[-1] < course[0] - 0.5).all())
    assert end.shape == start.shape


def test_noise_leaves_what_the_channel_says() -> None:
    """A depolarised rotation leaves 1 - 2 e of the qubit's mean, twice for its two pulses."""
    flip = QubitCircuit(1, (QubitGate("ry", (0,), 0),))
    noise = DeviceNoise("one", (0.01,), (), (0.02,), (0.03,))
    found = noisy_probabilities(flip, torch.tensor([[math.pi]], dtype=torch.float64), noise)[0]
    left = (1 - 2 * 0.01) ** 2
    one = 0.5 * (1 + left)
    assert float(found[1]) == pytest.approx(one * 0.97 + (1 - one) * 0.02, abs=1e-12)


def test_trajectories_agree_with_the_density_matrix() -> None:
    circuit = layered(3, 2)
    angles = first_angles(circuit, 1, rng(2))
    noise = DeviceNoise("three", (0.01,) * 3, (0.05,) * 2, (0.02,) * 3, (0.05,) * 3)
    exact = noisy_probabilities(circuit, angles, noise)[0]
    mean = trajectories(circuit, angles[0], noise, rng(3), count=4000)
    assert float((mean - exact).abs().max()) < 0.02
    clean = DeviceNoise.even(3, pair=0.0)
    still = noisy_probabilities(circuit, angles, clean)
    torch.testing.assert_close(still, probabilities(circuit, angles), atol=1e-12, rtol=0)


BELL = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\nh q[0];\ncx q[0],q[1];\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BELL, "no measurement"),
        (BELL + "measure q[0] -> c[0];\n", "all 2 qubits measured"),
        (BELL + "measure q[0] -> c[1];\nmeasure q[1] -> c[0];\n", "in order"),
        (BELL + "measure q -> c;\nx q[0];\n", "at the end alone"),
        (BELL + "reset q[0];\nmeasure q -> c;\n", "a gate among"),
        (BELL + "if(c==1) x q[0];\nmeasure q -> c;\n", "a gate among"),
        (BELL + "ccx q[0],q[1],q[2];\nmeasure q -> c;\n", "a gate among"),
        (BELL + "gate half a { ry(pi/2) a; }\nhalf q[0];\nmeasure q -> c;\n", "OpenQASM|gate"),
        (BELL + "rx(nan) q[0];\nmeasure q -> c;\n", "an angle"),
        (BELL + "rx(1e999) q[0];\nmeasure q -> c;\n", "an angle"),
        (BELL + "rx(1e300) q[0];\nmeasure q -> c;\n", "an angle"),
        (BELL + "rxx(0) q[0],q[1];\nmeasure q -> c;\n", "other than 0"),
        (BELL + "rx(-0.0) q[0];\nmeasure q -> c;\n", "other than 0"),
        (BELL + "rx(0*pi) q[0];\nmeasure q -> c;\n", "other than 0"),
        (BELL + "rx(1e-999) q[0];\nmeasure q -> c;\n", "other than 0"),
        (BELL + "rx(pi/00) q[0];\nmeasure q -> c;\n", "an angle"),
        (BELL + f"rx({400 * '9'}*pi) q[0];\nmeasure q -> c;\n", "an angle"),
        (BELL + f"rx(pi/{5000 * '9'}) q[0];\nmeasure q -> c;\n", "an angle"),
        (BELL + f"x q[{5000 * '9'}];\nmeasure q -> c;\n", "a qubit from"),
        (BELL + "x q[\u0661];\nmeasure q -> c;\n", "ASCII"),
        (BELL + "x q[5];\nmeasure q -> c;\n", "a qubit from"),
        (BELL + "cx q[1],q[1];\nmeasure q -> c;\n", "2 different qubits"),
        (BELL + "qreg r[2];\nmeasure q -> c;\n", "one qreg"),
        (BELL + "barrier q;\nx q[0];\nmeasure q -> c;\n", "no barrier"),
        (BELL.replace("2.0", "3.0") + "measure q -> c;\n", "OPENQASM 2.0"),
        (BELL.replace("q[2];\ncreg", "q[30];\ncreg"), "16 GiB"),
        (BELL + "measure q -> c", "end in ;"),
    ],
)
def test_files_that_say_something_else_are_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        qasm.read(text)


def test_no_shots_and_too_dense_noise_are_refused() -> None:
    with pytest.raises(InputError, match="at least one shot"):
        sampled(probabilities(GHZ, NONE), 0, rng())
    wide = layered(12, 1)
    with pytest.raises(InputError, match="density matrix"):
        noisy_probabilities(wide, first_angles(wide, 1, rng()), DeviceNoise.even(12, pair=0.01))


def test_cells_give_back_their_own_designs() -> None:
    x = torch.randn(400, 2, generator=rng())
    cells = RankCells(6)
    cells.learn(x)
    outcome = cells.outcome(x)
    assert torch.equal(cells.outcome(cells.design(outcome, rng(1))), outcome)
    assert int(outcome.max()) < 64


def correlated(n: int) -> torch.Tensor:
    z = torch.randn(n, 2, generator=rng(5))
    return torch.stack([z[:, 0], 0.9 * z[:, 0] + 0.44 * z[:, 1]], 1)


@pytest.mark.parametrize(
    "family",
    [
        lambda: BornMachine((2,), 1, BornSettings(4, 4)),
        lambda: MatrixProduct((2,), 1, MatrixProductSettings(4, 4)),
        lambda: CircuitGAN((2,), 1, AdversarialSettings(4, 4, 4)),
    ],
    ids=["born", "mps", "qgan"],
)
def test_what_hangs_together_is_learned(family) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        own = family()
    x, cond = correlated(600), torch.zeros(600, 1)
    own.fit(x, cond, Plan(steps=300, batch=256, learning_rate=3e-2, ema_decay=0.9))
    made = own.propose(torch.zeros(2000, 1), rng(9))
    assert float(torch.corrcoef(made.T)[0, 1]) > 0.55  # cells of a quarter keep 0.8 of 0.9


def test_a_matrix_product_is_normalised_and_draws_what_it_says() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        own = MatrixProduct((1,), 1, MatrixProductSettings(6, 4))
    at, cond = torch.arange(64), torch.zeros(64, 1)
    chance = own.log_chance(at, cond).exp().detach()
    assert float(chance.sum()) == pytest.approx(1.0, abs=1e-12)
    outcome = own.sample(torch.zeros(20_000, 1), rng(2))
    counts = torch.bincount(outcome, minlength=64).double()
    chi = float(((counts - 20_000 * chance).square() / (20_000 * chance)).sum())
    assert chi < 110.0  # 63 degrees of freedom: 99.98 %
