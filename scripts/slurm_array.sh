#!/usr/bin/env bash
# A SLURM job array whose elements join one study; each runs as many trials at once as it has GPUs
# or, without any, cores. From the repository, with the same arguments as src/train.py -m:
#   export TAILOR_STORAGE=postgresql+psycopg://user@host/db
#   sbatch --array=0-7 --gpus-per-task=1 scripts/slurm_array.sh study=mine hydra.sweeper.n_trials=200
# Whatever ended early (time limit, preemption, scancel) goes on when the same line is typed again.
#SBATCH --job-name=tailor
#SBATCH --array=0-3
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=slurm-%A_%a.log
set -euo pipefail
cd "${SLURM_SUBMIT_DIR:?start this script with sbatch}"
: "${TAILOR_STORAGE:?name a storage that every node reaches (docs/scaling.md)}"

# SIGTERM, 120 s before the time limit, goes to this process: it saves what runs and ends. `exec`
# leaves no shell in between.
exec "${PYTHON:-.venv/bin/python}" src/train.py -m "$@"
