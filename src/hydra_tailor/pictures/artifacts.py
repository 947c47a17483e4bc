"""Pictures of trials as Optuna artifacts, in a folder that sweeps and the dashboard share.

Optuna freezes a finished trial, but its pictures are drawn later, so that no trial waits for them.
So `reserve` adds an artifact to the trial while it still runs, and `fill` writes its file later.
Files that come much later, such as the analysis of a trial, are stored with the study, under the
key that the dashboard itself uses for files of finished trials (`attach`).
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

from hydra_tailor import names
from hydra_tailor.errors import TailorError
from hydra_tailor.files import whole
from hydra_tailor.internals.optuna import storage_of, study_id, trial_id

FINISHED_TRIAL_KEY = "dashboard:artifacts:"


class ArtifactFolder(FileSystemArtifactStore):
    """Optuna's artifact store in a folder, which writes each file whole or not at all."""

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:
        with whole(self._get_filepath(artifact_id)) as temporary, temporary.open("wb") as file:
            shutil.copyfileobj(content_body, file)

    def has(self, artifact_id: str) -> bool:
        return Path(self._get_filepath(artifact_id)).exists()


def open_folder(folder: Path) -> ArtifactFolder:
    """Return the store in `folder`; create the folder if it is missing.

    Raises:
        TailorError: it is not a folder, or nothing can be written into it.
    """
    reason = ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        reason = "is a file"
    except OSError as error:
        reason = f"cannot be created ({error.strerror})"
    if not reason and not os.access(folder, os.W_OK | os.X_OK):
        reason = "cannot be written to"
    if reason:
        raise TailorError(
            f"the folder for trials' pictures, {folder}, {reason}. Name another one with "
            f"{names.PICTURES_VARIABLE}, the same for searches and for the dashboard."
        )
    return ArtifactFolder(folder)


def reserve(trial: Trial | FrozenTrial, storage: BaseStorage, files: Iterable[str]) -> None:
    """Add artifacts to a trial that is not finished; existing ones stay as they are.

    Args:
        files: file names, as the dashboard shows them.
    """
    missing = set(files) - reserved(trial, storage).keys()
    with TemporaryDirectory() as directory:  # for empty files, which `fill` replaces
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
    artifacts = get_all_artifact_meta(trial, storage=storage)
    return {artifact.filename: artifact.artifact_id for artifact in artifacts}


def drawn(folder: ArtifactFolder, trial: FrozenTrial, storage: BaseStorage) -> bool:
    """Whether all reserved pictures of a trial are in the folder."""
    return all(folder.has(identity) for identity in reserved(trial, storage).values())


def fill(folder: ArtifactFolder, identity: str, content: bytes) -> None:
    """Write the content of an artifact; an earlier one is replaced."""
    folder.write(identity, io.BytesIO(content))


def attach(
    folder: ArtifactFolder, study: Study, trial: FrozenTrial, files: Mapping[str, bytes]
) -> None:
    """Add files to a finished trial's page in the dashboard; replace files of the same name.

    Args:
        files: PNG pictures by file name.
    """
    prefix = f"{FINISHED_TRIAL_KEY}{trial_id(trial)}:"
    attributes = storage_of(study).get_study_system_attrs(study_id(study))
    artifacts = [
        json.loads(value)
        for key, value in attributes.items()
        if key.startswith(prefix) and value != "null"  # the dashboard's mark of a removed file
    ]
    known = {artifact["filename"]: artifact["artifact_id"] for artifact in artifacts}
    for name, content in files.items():
        identity = known.get(name, str(uuid.uuid4()))
        fill(folder, identity, content)
        meta = ArtifactMeta(
            artifact_id=identity, filename=name, mimetype="image/png", encoding=None
        )
        storage_of(study).set_study_system_attr(
            study_id(study), prefix + identity, json.dumps(vars(meta))
        )
