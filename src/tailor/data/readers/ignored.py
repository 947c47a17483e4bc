"""The names of files and folders that systems and tools leave beside a user's own."""

from __future__ import annotations

IGNORED_NAMES = frozenset(
    {
        "__macosx",  # macOS, in archives
        "@eadir",  # Synology, thumbnails
        "#recycle",
        "$recycle.bin",
        "system volume information",
        "lost+found",
        "__pycache__",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "icon\r",
    }
)


def is_ignored(name: str) -> bool:
    """Whether a file or folder of this name is hidden or a system's own, at any depth."""
    return name.startswith(".") or name.casefold() in IGNORED_NAMES
