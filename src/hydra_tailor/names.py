"""Names that one module writes and another reads: trial attributes, files, variables."""

from typing import Final

# User attributes of a trial that the sweep sets.
OWNER: Final = "owner"  # the process that runs the trial: host:pid:start
DIRECTORY: Final = "directory"
RETRY_OF: Final = "retry_of"  # number of the failed trial that this one repeats
CONTINUES: Final = "continues"  # number of the ended trial whose files this one starts from
CONFIRMS: Final = "confirms"  # number of the trial that this one repeats with another seed
SEED: Final = "confirming_seed"  # that seed
EXTENDS: Final = "extends"  # number of the shorter trial whose last epoch this one continues from
FAIL_REASON: Final = "fail_reason"
RESTARTED: Final = "restarted"  # why the trial started over: its first files were out of reach
LOST_NODES: Final = "lost_nodes"  # how many nodes died while they ran the trial
RESULTS_URL: Final = "results_url"  # where its run directory was copied to
UPLOAD_ERROR: Final = "upload_error"  # why that copy failed

COORDINATOR_ATTRIBUTES: Final = frozenset(
    {
        *(OWNER, DIRECTORY, RETRY_OF, CONTINUES, CONFIRMS, SEED, EXTENDS),
        *(FAIL_REASON, RESTARTED, LOST_NODES),
    }
)  # set outside the job
OWN_ATTRIBUTES: Final = COORDINATOR_ATTRIBUTES | {RESULTS_URL, UPLOAD_ERROR}

# User attributes that a program may set on its trial; views and notes show them.
EPOCHS: Final = "epochs"  # how many reports to expect
EPOCHS_RUN: Final = "epochs_run"
BEST_EPOCH: Final = "best_epoch"
SECONDS: Final = "seconds"
HOST: Final = "host"
COMMIT: Final = "commit"

NUMERIC_ATTRIBUTES: Final = frozenset({EPOCHS, EPOCHS_RUN, BEST_EPOCH, SECONDS})

# System attributes of a trial or a study.
STOP: Final = "tailor:stop"  # the owner that asks the trial to end at its next report
UNTIL: Final = "tailor:until"  # the number of reports after which it pauses
NUMBER: Final = "tailor:number"  # the number that the trial must get, or else it is not created
EXHAUSTED: Final = "tailor:exhausted"  # name of the sampler that has nothing left to draw
SPACE: Final = "tailor:space"
FIXED: Final = "tailor:fixed"
FOUND: Final = "tailor:found"  # what the program's check of the jobs returned

# Files.
RESULTS_FILE: Final = "optimization_results.yaml"
MULTIRUN_FILE: Final = "multirun.yaml"
OUTPUT_FILE: Final = "output.log"
REPORTS_PICTURE: Final = "curves.png"

# Storage.
DEFAULT_STORAGE: Final = "sqlite:///multirun/tailor.db"

# Environment.
STORAGE_VARIABLE: Final = "TAILOR_STORAGE"
PICTURES_VARIABLE: Final = "TAILOR_PICTURES"
TRUST_VARIABLE: Final = "TAILOR_TRUST"
