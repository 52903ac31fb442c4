"""Debian's and Ubuntu's packages: installed when root, else the line to run."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence

from bootstrapping.commands import succeeds
from bootstrapping.talk import say

_QUIET = ("-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120")


def on_debian() -> bool:
    """Whether this machine has apt."""
    return sys.platform == "linux" and shutil.which("apt-get") is not None


def usable() -> bool:
    """Whether packages can be installed without asking anybody."""
    return on_debian() and os.geteuid() == 0


def line(packages: Sequence[str]) -> str:
    """The command that installs the packages, for a person to run."""
    return f"sudo apt-get install -y {' '.join(packages)}"


def install(packages: Sequence[str]) -> bool:
    """Install, with a fresh package list only if the one at hand does not do."""
    say(f"  installing with apt: {' '.join(packages)}")
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", *_QUIET, *packages]
    return succeeds(command) or (succeeds(["apt-get", "update", "-qq"]) and succeeds(command))
