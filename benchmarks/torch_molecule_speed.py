"""Seconds of the processor that torch-molecule's LSTM takes; run by a Python that has it.

Write `python torch_molecule_speed.py MOLECULES ROUNDS`; the last line is a list in JSON. The model
has its default size and is fitted for one epoch to two molecules, for the weights do not change
what a proposal costs: it always takes as many steps.
"""

import json
import sys
import time

import torch
from torch_molecule import LSTMMolecularGenerator


def main() -> None:
    """Measure and print."""
    count, rounds = map(int, sys.argv[1:])
    torch.set_num_threads(1)
    model = LSTMMolecularGenerator(epochs=1, device="cpu")
    model.fit(["CCO", "c1ccccc1"])
    seconds = []
    for _ in range(rounds + 1):
        started = time.process_time()
        model.generate(batch_size=count)
        seconds.append(time.process_time() - started)
    print(json.dumps(seconds[1:]))


if __name__ == "__main__":
    main()
