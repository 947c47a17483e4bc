"""`tailor.analyze`: explain the best trial of a study, like `python -m analysis`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.commands import analyze as command
from analysis.commands.arguments import composed, console_of
from analysis.figures import interactive
from analysis.figures.spec import Figure
from analysis.notebook import html
from analysis.notebook.fit import Run
from analysis.notebook.session import listed
from analysis.notebook.sweep import Search
from analysis.report.document import Block, Bullets, Document, Picture, Section, Table, Text
from hydra_tailor.names import STORAGE_VARIABLE
from hydra_tailor.space.grammar import encode_bare
from hydra_tailor.storage.opening import storage_url
from hydra_tailor.storage.passwords import masked
from tailor.errors import ConfigError


@dataclass(frozen=True)
class Analysis:
    """The report of a trial; a notebook shows all of it.

    Attributes:
        directory: with `report.pdf`, `report.html`, `metrics.json` and the figures.
        document: the report's texts, tables and figures.
        accuracy: on the test split, a fraction.
    """

    directory: Path
    document: Document
    accuracy: float

    @property
    def answer(self) -> str:
        """The main result in one paragraph."""
        return self.document.answer

    @property
    def figures(self) -> list[str]:
        """Names of the figures that `figure` draws."""
        return [figure.name for figure in self.document.figures if interactive.can_draw(figure)]

    @property
    def sections(self) -> list[str]:
        return [section.title for section in self.document.sections]

    def figure(self, name: str) -> Any:
        """Return a figure as a `plotly.graph_objects.Figure`, with hover texts.

        Raises:
            ConfigError: the report has no such figure.
        """
        drawn = {figure.name: figure for figure in self.document.figures}
        return interactive.draw(drawn[_chosen(name, self.figures, "figure")])

    def section(self, title: str) -> SectionView:
        """Return a section of the report, by its title or the beginning of it.

        Raises:
            ConfigError: the report has no such section.
        """
        chosen = _chosen(title, self.sections, "section")
        index = self.sections.index(chosen)
        return SectionView(self.document.sections[index], self.directory)

    def __repr__(self) -> str:
        return f"{self.document.title}\n{self.answer}\n{self.directory}"

    def _repr_html_(self) -> str:
        document = self.document
        sections = (SectionView(section, self.directory) for section in document.sections)
        return (
            f"<h2>{html.escape(document.title)}</h2><p><b>{html.escape(self.answer)}</b></p>"
            f"{html.table([], document.glance)}{''.join(map(SectionView._repr_html_, sections))}"
            f"<p>{html.escape(str(self.directory / 'report.pdf'))}</p>"
        )


@dataclass(frozen=True)
class SectionView:
    """One section of the report."""

    content: Section
    directory: Path

    def __repr__(self) -> str:
        texts = [block.text for block in self.content.blocks if isinstance(block, Text)]
        return "\n\n".join([self.content.title, *texts])

    def _repr_html_(self) -> str:
        blocks = "".join(self._block(block) for block in self.content.blocks)
        return f"<h3>{html.escape(self.content.title)}</h3>{blocks}"

    def _block(self, block: Block) -> str:
        match block:
            case Text():
                return f"<p>{html.escape(block.text)}</p>"
            case Bullets():
                items = "".join(f"<li>{html.escape(item)}</li>" for item in block.items)
                return f"<ul>{items}</ul>"
            case Table():
                return _caption(block.caption) + html.table(block.header, block.rows)
            case Picture():
                return self._picture(block.figure, block.width) + _caption(block.figure.caption)

    def _picture(self, figure: Figure, width: float) -> str:
        png = (self.directory / "figures" / f"{figure.name}.png").read_bytes()
        return html.picture(png, alt=figure.caption, width=f"{width:.0%}")


def analyze(
    study: Search | Run | str | None = None, overrides: Sequence[str] | str = ()
) -> Analysis:
    """Test a trial once, write the report next to the study, and return it.

    Args:
        study: a result of `tailor.sweep` or `tailor.fit`, or a study's name; None selects the
            study with the most recently started trial.
        overrides: as on the command line, for example `["trial=3", "retrain=3"]`.

    Raises:
        TailorError: the study, the trial, its files or its data cannot be read.
    """
    written = command.analyze(composed(settings_of(study, overrides)), console_of())
    return Analysis(written.directory, written.document, written.findings.metrics.accuracy)


def settings_of(study: Search | Run | str | None, overrides: Sequence[str] | str) -> list[str]:
    """Settings of `conf/analyze.yaml` that select a study or a run, followed by the overrides."""
    if isinstance(study, Run):
        return [f"run={encode_bare(str(study.directory))}", *listed(overrides)]
    if isinstance(study, Search) and study.storage != storage_url():
        raise ConfigError(
            f"the study {study.study!r} is in {masked(study.storage)}, and an analysis reads "
            f"{masked(storage_url())}. Set {STORAGE_VARIABLE} to the study's storage before the "
            "search and the analysis, instead of hydra.sweeper.storage."
        )
    name = study.study if isinstance(study, Search) else study
    return [*([f"study={encode_bare(name)}"] if name is not None else []), *listed(overrides)]


def _caption(text: str) -> str:
    return f"<p><small>{html.escape(text)}</small></p>"


def _chosen(name: str, known: Sequence[str], what: str) -> str:
    """The first of `known` that begins with `name`, in any case."""
    chosen = next((full for full in known if full.lower().startswith(name.lower())), None)
    if chosen is None:
        raise ConfigError(f"there is no {what} {name!r}. These exist: {', '.join(known)}.")
    return chosen
