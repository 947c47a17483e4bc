"""The settings that select a study."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from analysis.notebook.analyze import settings_of


@pytest.mark.parametrize("name", ["mine", "été", "模型", "it's", "a,b", "x=1", "1e3", "null"])
def test_a_studys_name_reads_back_from_the_grammar(name: str) -> None:
    (word,) = settings_of(name, [])
    assert OverridesParser.create().parse_override(word).value() == name
