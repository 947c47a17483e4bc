import shlex
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial

from hydra_tailor.pictures.notes import block, ending, study_note, trial_note, typed, with_result

PLACE = Path("/home/user")


def trial(
    state: TrialState, reached: int = 0, value: float | None = None, **facts: Any
) -> FrozenTrial:
    return create_trial(
        state=state,
        value=value,
        intermediate_values={epoch: epoch / 10 for epoch in range(1, reached + 1)},
        user_attrs=facts,
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param(
            trial(TrialState.COMPLETE, 6, 0.98, epochs=6, epochs_run=6, best_epoch=5),
            "**Complete** after 6 of 6 epochs: 0.98, best in epoch 5.",
            id="complete",
        ),
        pytest.param(
            trial(TrialState.COMPLETE, 4, 0.98, epochs=6, epochs_run=4, best_epoch=2),
            "**Complete** after 4 of 6 epochs (stopped early: no better epoch for a while): 0.98, "
            "best in epoch 2.",
            id="stopped early",
        ),
        pytest.param(trial(TrialState.COMPLETE, 0, 3.0), "**Complete**: 3.", id="foreign"),
        pytest.param(
            trial(TrialState.PRUNED, 3, epochs=6),
            "**Pruned** after epoch 3 of 6, where it had reached 0.3.",
            id="pruned",
        ),
        pytest.param(trial(TrialState.PRUNED), "**Pruned**.", id="pruned without a report"),
        pytest.param(
            trial(TrialState.FAIL, 2, epochs=6, fail_reason="the loss is nan"),
            "**Failed** after epoch 2 of 6: the loss is nan",
            id="failed",
        ),
        pytest.param(
            trial(TrialState.FAIL, fail_reason="Traceback\nBoom"),
            "**Failed**.\n\n```\nTraceback\nBoom\n```",
            id="failed with a traceback",
        ),
    ],
)
def test_why_a_trial_stopped(found: FrozenTrial, said: str) -> None:
    assert ending(found) == said


def test_a_trials_note_says_what_is_known_and_nothing_else() -> None:
    found = trial(
        TrialState.COMPLETE,
        value=1.0,
        directory="/home/user/multirun/demo/3",
        seconds=9_812.44,
    )
    note = trial_note(
        found,
        facts={"images per second": "9,812"},
        command=["python", "a b.py"],
        working_directory=PLACE,
    )
    assert "| run directory | `multirun/demo/3` |" in note
    assert "| images per second | 9,812 |" in note
    assert "| seconds | 9,812.4 |" in note
    assert "commit" not in note
    assert "in `/home/user`:\n\n```\npython 'a b.py'\n```" in note


def test_a_long_command_is_broken_and_means_the_same() -> None:
    words = ["python", "src/train.py", *(f"key.number.{i}='value {i}'" for i in range(20))]
    text = typed(words)
    assert max(map(len, text.splitlines())) <= 80
    assert shlex.split(text.replace("\\\n", "")) == words


def test_a_block_holds_its_own_fence() -> None:
    assert block("```\nx\n```").startswith("````\n")


def test_a_studys_note() -> None:
    note = study_note(
        facts={"data": "digits"},
        space={"optimizer.lr": "[0.1, 1]", "act": "choice(a|b)"},
        fixed={"data.name": "digits", "seed": 0, "training.loss": None, "tta": False},
        typed=["data=digits"],
        goals={"val_accuracy": "maximize"},
        commit="abc",
    )
    assert "- data: digits\n- objective: maximize val_accuracy\n- typed: `data=digits`\n" in note
    assert "- commit: abc\n" in note
    assert "| `act` | choice(a\\|b) |" in note
    assert "data.name: digits\nseed: 0\ntraining.loss: null\ntta: false\n" in note
    assert "<" not in note  # the dashboard shows HTML as text


def test_a_result_takes_the_place_of_an_earlier_one() -> None:
    first = with_result("## The search\n\n- data: digits\n", ["worse"])
    again = with_result(first, ["better", "report: x"])
    assert again == (
        "## The search\n\n- data: digits\n\n## Result of the analysis\n\n- better\n- report: x\n"
    )


def test_what_somebody_wrote_below_a_result_is_kept() -> None:
    note = with_result("first", ["old"]) + "\n## My own\n\nwords\n"
    assert with_result(note, ["new"]) == (
        "first\n\n## My own\n\nwords\n\n## Result of the analysis\n\n- new\n"
    )


@pytest.mark.parametrize("own", ["My own remark", "### Mine\n\ntext", "- one\n- two"])
def test_whatever_follows_the_lines_of_a_result_is_kept(own: str) -> None:
    note = with_result(f"{with_result('first', ['old'])}\n{own}\n", ["new"])
    assert note == f"first\n\n{own}\n\n## Result of the analysis\n\n- new\n"


def test_a_study_without_a_note_gets_the_result_alone() -> None:
    assert with_result("", ["x"]) == "## Result of the analysis\n\n- x\n"
