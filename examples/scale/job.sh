#!/bin/sh
#SBATCH --job-name=library
#SBATCH --ntasks=1
#SBATCH --time=01:00:00
# One job for every machine: where its designs are made is said by INGENIUM_ON, or by nobody.
#   sh job.sh out/here                                 this process
#   INGENIUM_ON=processes:4 sh job.sh out/here         four processes
#   INGENIUM_ON=slurm:16 sbatch job.sh out/there       sixteen jobs of Slurm, hired by this one
set -e
ingenium propose molecules.library --spec examples/molecules/library.toml -n 256 --seed 7 --out "$1"
