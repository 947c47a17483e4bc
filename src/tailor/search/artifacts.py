"""Pictures of trials as Optuna artifacts, in a folder that sweeps and the dashboard share.

A finished trial is frozen, and its pictures are drawn after it ended, so that no trial waits for
them. Therefore an artifact is announced to the trial while that still runs (`reserve`) and its
file follows (`fill`). What is known only much later, as the analysis of a trial, is kept with the
study under the key from which the dashboard itself shows files of a finished trial (`attach`).
"""

from __future__ import annotations

import io
import json
import os
import shutil
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from optuna.artifacts import (
    ArtifactMeta,
    FileSystemArtifactStore,
    get_all_artifact_meta,
    upload_artifact,
)
from optuna.storages import BaseStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial

from tailor import names
from tailor.errors import TailorError
from tailor.files import whole

OF_FINISHED_TRIAL = "dashboard:artifacts:"


class ArtifactFolder(FileSystemArtifactStore):
    """Optuna's store in a folder, whose files appear whole or not at all."""

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:
        with whole(self._get_filepath(artifact_id)) as temporary, temporary.open("wb") as file:
            shutil.copyfileobj(content_body, file)


def open_folder(folder: Path) -> ArtifactFolder:
    """Return the store in `folder`, which is made where it is missing.

    Raises:
        TailorError: it is no folder, or nothing can be written into it.
    """
    reason = ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        reason = "is a file"
    except OSError as error:
        reason = f"cannot be made ({error.strerror})"
    if not reason and not os.access(folder, os.W_OK | os.X_OK):
        reason = "cannot be written to"
    if reason:
        raise TailorError(
            f"the folder for trials' pictures, {folder}, {reason}. Name another one with "
            f"{names.ARTIFACTS_VARIABLE}, the same for searches and for the dashboard."
        )
    return ArtifactFolder(folder)


def reserve(trial: Trial | FrozenTrial, storage: BaseStorage, files: Iterable[str]) -> None:
    """Announce artifacts of a trial that is not finished; those it has already stay as they are.

    Args:
        files: their names, as a reader will see them.
    """
    missing = set(files) - reserved(trial, storage).keys()
    with TemporaryDirectory() as directory:  # takes the empty files, whose content follows
        for name in sorted(missing):
            empty = Path(directory) / name
            empty.touch()
            upload_artifact(
                artifact_store=FileSystemArtifactStore(directory),
                file_path=str(empty),
                study_or_trial=trial,
                storage=storage,
            )


def reserved(trial: Trial | FrozenTrial, storage: BaseStorage) -> dict[str, str]:
    """Return the ids of a trial's artifacts by file name."""
    found = get_all_artifact_meta(trial, storage=storage)
    return {artifact.filename: artifact.artifact_id for artifact in found}


def fill(folder: ArtifactFolder, identity: str, content: bytes) -> None:
    """Give an artifact its content; an earlier one is replaced."""
    folder.write(identity, io.BytesIO(content))


def attach(
    folder: ArtifactFolder, study: Study, trial: FrozenTrial, files: Mapping[str, bytes]
) -> None:
    """Add files to a finished trial's page in the dashboard; same names are replaced.

    Args:
        files: PNG pictures by file name.
    """
    prefix = f"{OF_FINISHED_TRIAL}{trial._trial_id}:"
    kept = study._storage.get_study_system_attrs(study._study_id)
    artifacts = [
        json.loads(value)
        for key, value in kept.items()
        if key.startswith(prefix) and value != "null"  # so the dashboard marks a removed one
    ]
    known = {artifact["filename"]: artifact["artifact_id"] for artifact in artifacts}
    for name, content in files.items():
        identity = known.get(name, str(uuid.uuid4()))
        fill(folder, identity, content)
        meta = ArtifactMeta(
            artifact_id=identity, filename=name, mimetype="image/png", encoding=None
        )
        study._storage.set_study_system_attr(
            study._study_id, prefix + identity, json.dumps(vars(meta))
        )
