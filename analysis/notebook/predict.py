"""`tailor.predict`: classify image files, like `python -m analysis predict`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from analysis.commands.arguments import composed, console_of
from analysis.commands.predict import classify, most_probable, network_of, reader_of
from analysis.figures.hardest import picture
from analysis.notebook import html
from analysis.notebook.analyze import settings_of
from analysis.notebook.fit import Run
from analysis.notebook.sweep import Search
from analysis.read.predictions import Array
from analysis.read.user_images import ConvertedImage
from tailor.errors import ConfigError

THUMBNAIL_WIDTH = "4rem"


@dataclass(frozen=True)
class Predictions:
    """Predicted classes of image files.

    Attributes:
        paths: of the files.
        classes: names of all classes.
        probabilities: [N, K], one row per file.
        images: the files as the network sees them.
    """

    paths: tuple[Path, ...]
    classes: tuple[str, ...]
    probabilities: Array
    images: tuple[ConvertedImage, ...]

    @property
    def labels(self) -> list[str]:
        """The most probable class of each file."""
        return [self.classes[index] for index in self.probabilities.argmax(axis=1)]

    def __repr__(self) -> str:
        return "\n".join(
            f"{path}: {self._top(row)}"
            for path, row in zip(self.paths, self.probabilities, strict=True)
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{_thumbnail(image)}</td><td>{html.escape(path.name)}</td>"
            f"<td>{html.escape(self._top(row))}</td>"
            f"<td>{html.escape(', '.join(image.steps))}</td></tr>"
            for path, row, image in zip(self.paths, self.probabilities, self.images, strict=True)
        )
        return f"<table><tbody>{rows}</tbody></table>"

    def _top(self, row: Array) -> str:
        named = most_probable(row, self.classes)
        return ", ".join(f"{name} {share}" for name, share in named)


def predict(
    images: Sequence[str | Path] | str | Path,
    study: Search | Run | str | None = None,
    overrides: Sequence[str] | str = (),
) -> Predictions:
    """Classify image files with the best trial of a study.

    Args:
        images: one path or several; files of any size or colour.
        study: a result of `tailor.sweep` or `tailor.fit`, or a study's name; None selects the
            study with the most recently started trial.
        overrides: as on the command line, for example `["trial=3"]`.

    Raises:
        TailorError: a file cannot be read, or the trial cannot be restored.
    """
    given = [images] if isinstance(images, (str, Path)) else images
    paths = tuple(map(Path, given))
    if not paths:
        raise ConfigError("predict needs one image file or more, got none.")
    restored = network_of(composed(settings_of(study, overrides)), console_of())
    converted = tuple(map(reader_of(restored), paths))
    return Predictions(paths, restored.classes, classify(restored, converted), converted)


def _thumbnail(image: ConvertedImage) -> str:
    file = io.BytesIO()
    Image.fromarray(picture(image.pixels.numpy())).save(file, "png")
    return html.picture(file.getvalue(), width=THUMBNAIL_WIDTH)
