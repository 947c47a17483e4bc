"""The files in `.github` follow GitHub's schemas, and what they name exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

GITHUB = Path(__file__).parents[2] / ".github"
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
ISSUE_FORMS = sorted(GITHUB.glob("ISSUE_TEMPLATE/*.yml"))
PATHS = re.compile(r"(?:\.ci|\.github|src|tests)/[\w./-]+")


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        pytest.param("vendor.github-workflows", WORKFLOWS, id="workflows"),
        pytest.param("vendor.github-issue-forms", ISSUE_FORMS, id="issue forms"),
    ],
)
def test_files_follow_their_schema(schema: str, files: list[Path]) -> None:
    assert files
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *files]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_jobs_and_paths_that_a_workflow_names_exist(workflow: Path) -> None:
    text = workflow.read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    for job in jobs.values():
        needs = job.get("needs", [])
        assert {*([needs] if isinstance(needs, str) else needs)} <= jobs.keys()
    missing = [path for path in PATHS.findall(text) if not (GITHUB.parent / path).exists()]
    assert not missing
