"""The README's Python examples run."""

import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def test_the_readmes_examples_run() -> None:
    """Every Python block of the README runs as it stands."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert 2 == len(blocks)
    for block in blocks:
        exec(compile(block, str(README), "exec"), {})
