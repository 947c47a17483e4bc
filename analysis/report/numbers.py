"""Numbers of figures and tables, and the sentences that refer to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analysis.report.document import Block, Picture, Table, Text

Shown = Picture | Table

INTRODUCTIONS = {
    "samples": "{} shows some of the images.",
    "augmentation": "{} shows what it does to an image.",
    "trials": "{} lists the best trials.",
    "history": "{} shows the course of the search.",
    "front": "{} shows the Pareto front.",
    "importances": "{} shows the importances.",
    "effects": "{} shows all complete trials by parameter.",
    "parallel": "{} shows which values were combined.",
    "learning_curves": "{} shows the learning curves of all trials.",
    "cost": "{} relates the result to the training time.",
    "against": "{} puts the two side by side.",
    "architecture": "{} draws the network.",
    "layers": "{} lists its layers.",
    "hyperparameters": "{} has the settings as they are typed on the command line.",
    "curves": "{} shows the learning curves.",
    "epochs": "{} gives the values per epoch.",
    "budgets": "{} shows their learning curves.",
    "per_class": "{} gives the results per class.",
    "f1": "{} sorts the classes by F1.",
    "confusion_matrix": "{} shows which classes are confused.",
    "confusions": "{} lists the most frequent confusions.",
    "reliability": "{} compares confidence with accuracy.",
    "roc_pr": "{} shows how well the probabilities separate each class from the rest.",
    "hardest_confusions": "{} counts its confusions.",
    "gallery": "{} shows some of its images.",
    "occlusion": "{} shows how the probability changes with the patch's position.",
    "mean_images": "{} shows its mean image beside those of the classes it is confused with.",
    "embedding": "{} shows its place among the features.",
}
"""The sentence that introduces each figure or table, by name."""


class Numbers:
    """Numbers figures and tables in the order in which they are introduced."""

    def __init__(self) -> None:
        self._counts = {Picture: 0, Table: 0}

    def introduced(self, *paragraphs: str, shown: Sequence[Shown]) -> list[Block]:
        """Return paragraphs, and the figures and tables that the last of them refers to.

        Args:
            paragraphs: empty ones are left out.
            shown: figures and tables without numbers.
        """
        numbered = [self._numbered(item) for item in shown]
        texts = [text for text in paragraphs if text]
        if references := " ".join(_reference(item) for item in numbered):
            texts[-1:] = [f"{texts[-1]} {references}" if texts else references]
        return [*map(Text, texts), *numbered]

    def _numbered(self, item: Shown) -> Shown:
        self._counts[type(item)] += 1
        return replace(item, number=self._counts[type(item)])


def _reference(item: Shown) -> str:
    noun = "Figure" if isinstance(item, Picture) else "Table"
    return INTRODUCTIONS[item.name].format(f"{noun} {item.number}")
