"""Run the named benchmarks, or all: `python -m benchmarks [NAME ...]`."""

import sys
from importlib import import_module

import torch

NAMES = (
    "airfoils_sections",
    "inverse_targets",
    "feeder_days",
    "propose_rates",
    "whole_commands",
    "serving",
    "families",
    "first_runs",
    "samplers",
    "samplers_peer",
    "known_density",
    "emulators",
    "scale_ranks",
    "loop",
    "search",
    "search_ahead",
    "search_screens",
    "search_operators",
    "strategies",
    "strategies_kept",
    "forgeries",
    "damaged",
    "reader_differences",
    "kills",
    "buildings_envelope",
    "buildings_packer",
    "sandbox",
    "structures_solver",
    "structures_cells",
    "structures_mesh",
    "molecules_metrics",
    "molecules_drawing",
    "molecules_moses",
    "molecules_safety",
    "molecules_search",
    "molecules_speed",
    "autonomy_job",
    "autonomy_loops",
    "autonomy_policies",
    "plant_alarm",
    "plant_batadal",
    "plant_weeks",
    "tennessee_days",
    "tennessee_policies",
    "printing_pools",
    "lattice_fields",
    "desk_story",
    "lattice_job",
    "edge_runtimes",
    "equations_job",
    "equations_feynman",
    "equations_fields",
    "equations_priors",
    "equations_theoph",
    "equations_rates",
    "equations_reader",
    "equations_onwards",
    "neuro_families",
    "neuro_networks",
    "matter_relaxations",
    "matter_certified",
    "matter_rivals",
    "matter_search",
    "matter_potentials",
    "radio_speed",
    "quantum_circuits",
    "radio_posteriors",
    "asking",
    "asking_documents",
    "words_requests",
    "words_programmes",
    "words_briefs",
    "words_speed",
    "words_models",
)


def main(requested: list[str]) -> int:
    """Run and print each benchmark."""
    unknown = sorted(set(requested) - set(NAMES))
    if unknown:
        print(f"expected names of {', '.join(NAMES)}, got {', '.join(unknown)}", file=sys.stderr)
        return 2
    torch.set_num_threads(1)
    for name in requested or NAMES:
        import_module(f"benchmarks.{name}").run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
