"""The instruction tiers of this machine (core/processor.h), for tests that run once per tier."""
import os
import subprocess

from command import QAMRO


def verbose_version(**environment):
    """What 'qamro --version --verbose' prints, by name."""
    result = subprocess.run([QAMRO, "--version", "--verbose"], capture_output=True, text=True, check=True,
                            env={**os.environ, **environment})
    return dict(line.split(": ", 1) for line in result.stdout.splitlines()[1:])


# If QAMRO_CPU is already set, it is the only tier.
TIERS = [os.environ["QAMRO_CPU"]] if "QAMRO_CPU" in os.environ else verbose_version()["tiers here"].split()
# Computes what the highest tier computes, with plain operators, on a machine that lacks it.
PLAIN = "plain:amx-int8"


def on(tier):
    """The environment that keeps qamro on that tier."""
    return {**os.environ, "QAMRO_CPU": tier}
