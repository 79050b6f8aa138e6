"""NEST (GPL-2) in an isolated environment: simulates a layered network; never imported by ours."""

import numpy as np


def replay(drive, steps, step_ms, tau_ms, **layers):
    """Simulate the spikes of each layer (steps, designs, neurons) and the output voltages.

    Every design has neurons of its own. The first layer gets constant currents, later ones their
    bias as a current and spikes a step later.
    """
    import nest

    nest.ResetKernel()
    nest.SetKernelStatus({"resolution": step_ms, "print_time": False})
    retained = np.exp(-step_ms / tau_ms)
    count = len(layers) // 2
    neuron = {"C_m": 1.0, "tau_m": tau_ms, "E_L": 0.0, "V_reset": 0.0, "V_m": 0.0, "t_ref": 0.0}
    before, recorders = None, []
    n = len(drive)
    for i in range(count):
        w, b = layers[f"weight_{i}"], layers[f"bias_{i}"]
        last = i == count - 1
        current = drive @ w.T + b if i == 0 else np.tile(b / (1 - retained), (n, 1))
        made = nest.Create(
            "iaf_psc_delta", n * len(w), params={**neuron, "V_th": 1e12 if last else 1.0}
        )
        made.I_e = (current / tau_ms).ravel().tolist()
        if before is not None:
            for k in range(n):
                _connect(nest, before, made, w, k, step_ms)
        if not last:
            recorders.append(nest.Create("spike_recorder"))
            nest.Connect(made, recorders[-1])
        before = made
    nest.Simulate(steps * step_ms)
    found = {"read": np.array(before.get("V_m")).reshape(n, -1)}
    for i, recorder in enumerate(recorders):
        events, h = recorder.events, len(layers[f"weight_{i}"])
        raster = np.zeros((steps, n * h), dtype=np.uint8)
        first = min(nest.GetConnections(target=recorder).sources())
        moment = np.rint(np.asarray(events["times"]) / step_ms).astype(int) - 1
        raster[moment, np.asarray(events["senders"]) - first] = 1
        found[f"spikes_{i}"] = raster.reshape(steps, n, h)
    return found


def _connect(nest, before, made, w, k, step_ms):
    """Create all synapses of one design's layer, by arrays."""
    o, h = w.shape
    sources = np.asarray(before.tolist()[k * h : (k + 1) * h])
    targets = np.asarray(made.tolist()[k * o : (k + 1) * o])
    nest.Connect(
        np.repeat(sources, o),
        np.tile(targets, h),
        "one_to_one",
        {
            "synapse_model": "static_synapse",
            "weight": w.T.ravel(),
            "delay": np.full(w.size, step_ms),
        },
    )
