"""The tiers of instructions that this machine has (core/processor.h), for tests that run once for each."""
import os
import subprocess

from command import QAMRO


def verbose_version(**environment):
    """What 'qamro --version --verbose' prints, by name."""
    result = subprocess.run([QAMRO, "--version", "--verbose"], capture_output=True, text=True, check=True,
                            env={**os.environ, **environment})
    return dict(line.split(": ", 1) for line in result.stdout.splitlines()[1:])


# A QAMRO_CPU that is set already is the only one.
TIERS = [os.environ["QAMRO_CPU"]] if "QAMRO_CPU" in os.environ else verbose_version()["tiers here"].split()
# By plain operators: what the highest tier computes, on a machine that lacks it.
PLAIN = "plain:amx-int8"


def on(tier):
    """The environment in which qamro stays on that tier."""
    return {**os.environ, "QAMRO_CPU": tier}
