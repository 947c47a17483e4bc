"""The commands that the last lines of a run and of a search suggest."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

from hydra_tailor.names import DEFAULT_STORAGE, STORAGE_VARIABLE
from hydra_tailor.space.grammar import encode_bare
from hydra_tailor.storage.passwords import holds_secret
from hydra_tailor.storage.typed_passwords import KEY as STORAGE_KEY

WITHOUT_MAKE = {"analyze": "python -m analysis", "dashboard": "python src/dashboard.py"}


def override(key: str, text: str) -> str:
    """An override as a word of a shell, in double quotes if Hydra's grammar needs any."""
    is_bare = encode_bare(text) == text
    value = text if is_bare or '"' in text else f'"{text}"'
    return shlex.quote(f"{key}={value}")


def next_command(target: str, setting: str = "", storage: Any = None) -> str:
    """Return a command that works on this machine: many machines have no `make`.

    Args:
        target: a target of the Makefile.
        setting: a key and its value, `key=value`, that are passed to it; "" for none.
        storage: that of the study; passed on if it is a URL that the command would not find.
    """
    key, equals, value = setting.partition("=")
    words = [override(key, value)] if equals else []
    usual = os.environ.get(STORAGE_VARIABLE) or DEFAULT_STORAGE
    if isinstance(storage, str) and storage != usual and not holds_secret(storage, STORAGE_KEY):
        words.append(override("storage", storage))
    setting = " ".join(words)
    if shutil.which("make") and Path("Makefile").exists():
        escaped = re.sub(r'["$`\\]', r"\\\g<0>", setting)
        return f'make {target} ARGS="{escaped}"' if setting else f"make {target}"
    return f"{WITHOUT_MAKE[target]} {setting}".strip()
