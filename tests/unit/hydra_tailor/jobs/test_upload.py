"""The copy of a run directory that a job makes at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hydra.core.utils import JobReturn, JobStatus
from omegaconf import OmegaConf

from hydra_tailor import names
from hydra_tailor.jobs import remote, upload


def test_the_last_copy_decides_whether_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: dict[str, Any] = {}

    class Trial:
        set_user_attr = staticmethod(known.__setitem__)

    monkeypatch.setattr(upload, "current_trial", Trial)
    monkeypatch.setattr(remote, "RETRY_PAUSES_SECONDS", ())
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "best.pt").write_text("w")
    (tmp_path / "file").touch()
    ended = JobReturn(status=JobStatus.COMPLETED)
    for target, is_there in (("copies", True), ("file/no", False), ("copies", True)):
        config = OmegaConf.create(
            {
                "hydra": {
                    "sweeper": {
                        "results_url": f"file://{tmp_path}/{target}",
                        "study_name": "s",
                        "results_exclude": [],
                    },
                    "job": {"num": 0},
                    "runtime": {"output_dir": str(tmp_path / "run")},
                }
            }
        )
        upload.UploadWhenJobEnds().on_job_end(config, ended)
        assert bool(known[names.RESULTS_URL]) is is_there
    assert "could not be copied" in known[names.UPLOAD_ERROR]
