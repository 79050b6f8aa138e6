"""Small spiking networks trained a second: many in one call, against snntorch one by one.

The same task (64 inputs, 32 leaky neurons, 10 answers, 15 steps, 32 digits of scikit-learn a
batch), the same step of Adam on surrogate gradients, one processor, in one run. Ours trains a
population whose weights are in one tensor; snntorch has a module for each network, which a loop
trains in turn. It needs snntorch (MIT), which is no requirement of the package. If the isolated
environment of NEST is installed, neuron steps a second of the network that draws digits are added.
"""

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.measuring import interleaved, report, spread
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.neuro.digits.nest import ENVIRONMENT, NestVerifier
from ingenium.kits.spikes.layered import LayeredNetwork, Rhythm

MANY, ROUNDS, DRIVES = 128, 3, 8
INPUTS, NEURONS, ANSWERS, ROWS = 64, 32, 10, 32
RHYTHM = Rhythm(steps=15, step_ms=1.0, tau_ms=8.0)


def _data() -> tuple[Tensor, Tensor]:
    grey, reported = load_digits(return_X_y=True)
    return torch.from_numpy(grey[:ROWS] / 16).float(), torch.from_numpy(reported[:ROWS]).long()


def _ours(many: int) -> None:
    """One step of `many` networks."""
    x, y = _data()
    rng = torch.Generator().manual_seed(0)
    sizes = ((NEURONS, INPUTS), (ANSWERS, NEURONS))
    weights = tuple(torch.randn(many, *s, generator=rng).mul_(0.3).requires_grad_() for s in sizes)
    biases = tuple(torch.zeros(many, s[0]).requires_grad_() for s in sizes)
    optimiser = torch.optim.Adam([*weights, *biases], lr=1e-3)
    read = LayeredNetwork(weights, biases, RHYTHM).run(x.expand(many, *x.shape)).read
    loss = functional.cross_entropy(read.flatten(0, 1), y.repeat(many)) * many
    loss.backward()
    optimiser.step()


def _theirs(many: int) -> None:
    """One step of `many` networks, each alone."""
    import snntorch

    x, y = _data()
    for _ in range(many):
        first, second = nn.Linear(INPUTS, NEURONS), nn.Linear(NEURONS, ANSWERS)
        neuron = snntorch.Leaky(beta=RHYTHM.retained)
        readout = snntorch.Leaky(beta=RHYTHM.retained, reset_mechanism="none")
        optimiser = torch.optim.Adam([*first.parameters(), *second.parameters()], lr=1e-3)
        held, voltage = neuron.init_leaky(), readout.init_leaky()
        for _ in range(RHYTHM.steps):
            spikes, held = neuron(first(x), held)
            _, voltage = readout(second(spikes), voltage)
        functional.cross_entropy(voltage, y).backward()
        optimiser.step()


def run() -> None:
    """Write and print a table."""
    works = {
        "ours, in one call": lambda: _ours(MANY),
        "snntorch, one by one": lambda: _theirs(MANY),
    }
    times = interleaved(works, ROUNDS)
    rows: list[dict[str, object]] = [
        {
            "what": "networks trained, by the processor",
            "by": name,
            "a_second": spread([MANY / s for s in t.cpu_s]),
        }
        for name, t in times.items()
    ]
    if ENVIRONMENT.made:
        problem = open_problem(Spec(problem="neuro.digits", setup={"chip": "Loihi", "known": 100}))
        judge = problem.verifier
        rates = judge.drawer.rates[:DRIVES]
        digit = torch.zeros(DRIVES, dtype=torch.float64)
        nest = NestVerifier(judge)
        nest.replay(rates, digit)  # which starts the program
        network = judge.drawer.network
        steps = DRIVES * network.rhythm.steps * sum(network.sizes[1:])
        works = {"ours": lambda: judge.run(rates, digit), "NEST": lambda: nest.replay(rates, digit)}
        times = interleaved(works, ROUNDS)
        rows += [
            {
                "what": "neuron steps, by the clock, with building",
                "by": name,
                "a_second": spread([steps / s for s in t.wall_s]),
            }
            for name, t in times.items()
        ]
    about = {
        "networks": MANY,
        "neurons": NEURONS,
        "rows": ROWS,
        "steps": RHYTHM.steps,
        "rounds": ROUNDS,
    }
    report("neuro_networks", "Spiking networks", rows, about)
