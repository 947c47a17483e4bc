"""The commands that the last lines of a run and of a search suggest."""

from __future__ import annotations

import re
import shlex
import shutil

WITHOUT_MAKE = {"analyze": "python -m analysis", "dashboard": "python src/dashboard.py"}


def next_command(target: str, setting: str = "") -> str:
    """Return a command that works on this machine: many machines have no `make`.

    Args:
        target: a target of the Makefile.
        setting: one word that is passed to it.
    """
    setting = setting and shlex.quote(setting)
    if shutil.which("make"):
        escaped = re.sub(r'["$`\\]', r"\\\g<0>", setting)
        return f'make {target} ARGS="{escaped}"' if setting else f"make {target}"
    return f"{WITHOUT_MAKE[target]} {setting}".strip()
