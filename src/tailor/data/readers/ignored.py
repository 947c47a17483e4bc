"""Names of files and folders that systems and tools create beside those of a user."""

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
    """Whether a file or folder with this name, at any depth, is hidden or made by a system."""
    return name.startswith(".") or name.casefold() in IGNORED_NAMES
