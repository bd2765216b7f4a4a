"""The soak (`make soak`) itself works: each of its parts at a tiny scale."""
import subprocess
import sys

import pytest
from command import QAMRO, ROOT


@pytest.mark.parametrize("part", ["many-files", "kills", "full-disk", "fetch"])
def test_a_part_runs(part, tmp_path):
    result = subprocess.run([sys.executable, ROOT / "tests/soak/soak.py", "--qamro", QAMRO, "--part", part, "--scale",
                             "0.0001", "--folder", tmp_path], capture_output=True, text=True, timeout=300)
    name, tried, wrong, *_ = result.stdout.splitlines()[1].split()
    assert result.returncode == 0 and (name, wrong) == (part, "0"), result.stdout + result.stderr
    assert int(tried) > 1
    assert list(tmp_path.iterdir()) == [], "a soak in which all is well leaves nothing"
