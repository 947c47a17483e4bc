"""The command that repeats one job of a sweep as a single run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from hydra_tailor.files import from_here
from hydra_tailor.internals.hydra import get_args_parser

SWEEP_KEYS = ("hydra.sweep", "hydra/sweep", "hydra.launcher", "hydra/launcher", "hydra.mode")
DIRECTORY_KEYS = ("hydra.run.", "hydra.output_subdir")


def single_run(job: Sequence[str], hydra: Sequence[str]) -> list[str]:
    """Return the words of a command that runs the program once as one of its jobs.

    Args:
        job: overrides of the job.
        hydra: overrides of Hydra's own keys in the sweep; those of sweeps and directories are left
            out.
    """
    kept = [
        override
        for override in hydra
        if not override.lstrip("+~").startswith((*SWEEP_KEYS, *DIRECTORY_KEYS))
    ]
    return [*_program(), *_flags(), *job, *kept]


def _program() -> list[str]:
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    if spec is not None:
        return ["python", "-m", spec.name.removesuffix(".__main__")]
    path = Path(sys.argv[0]).absolute()
    return ["python", str(from_here(path))]


def _flags() -> list[str]:
    """The flags on the command line that locate the config."""
    typed, _ = get_args_parser().parse_known_args(sys.argv[1:])
    flags = ("config_path", "config_name", "config_dir")
    given = {flag: getattr(typed, flag, None) for flag in flags}
    return [
        word
        for flag, value in given.items()
        if value
        for word in (f"--{flag.replace('_', '-')}", value)
    ]
