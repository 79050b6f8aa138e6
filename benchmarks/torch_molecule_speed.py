"""Time torch-molecule's LSTM on proposals; runs in a Python that has it.

Each input line is `MOLECULES AT_ONCE`; the answer is a line of JSON with the CPU seconds and the
number of proposals that were molecules. The model has its default size and is fitted for one epoch
to two molecules. Weights do not change the cost of the network: its sampler takes all 100 steps for
every row, whether or not the row has ended. They do change later steps: invalid text, as all of it
is here, is not written in canonical form.
"""

import json
import sys
import time

import torch
from torch_molecule import LSTMMolecularGenerator


def main() -> None:
    """Fit, then answer until there are no more lines."""
    torch.set_num_threads(1)
    model = LSTMMolecularGenerator(epochs=1, device="cpu")
    model.fit(["CCO", "c1ccccc1"])
    for line in sys.stdin:
        count, at_once = map(int, line.split())
        started, texts = time.process_time(), []
        for _ in range(count // at_once):
            texts += model.generate(batch_size=at_once)
        spent = time.process_time() - started
        valid = sum(text is not None for text in texts)
        print(json.dumps({"cpu_s": spent, "valid": valid}), flush=True)


if __name__ == "__main__":
    main()
