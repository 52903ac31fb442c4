"""The command line of bootstrap.py: a few words of its own, the rest is passed on."""

from __future__ import annotations

from dataclasses import dataclass

from bootstrapping.talk import SetupError

COMMANDS = ("demo", "test")
TORCH = ("default", "cpu", "cuda")

HELP = """\
usage: python3 packaging/bootstrap.py demo [--torch KIND] [--setup-only] [arguments of the demo]
       python3 packaging/bootstrap.py test [--torch KIND] [--setup-only] [arguments of pytest]

demo   sets DefectStudio up in .venv, makes a sample project with labeled synthetic
       defects, exports it and opens the window (--headless: a contact sheet instead)
test   sets up the same with the test tools and runs the test suite

--torch default   the PyTorch that pip chooses; on Linux it brings CUDA (several GB)
--torch cpu       PyTorch's own index of builds without CUDA: small, no NVIDIA card needed
--torch cuda      a build with CUDA, on Windows from PyTorch's own index
--setup-only      stop after the set-up

pip's own configuration (proxies, mirrors, constraints) is used as it is.
A second run starts at once and needs no network."""


@dataclass(frozen=True)
class Request:
    """What to run. torch is None where nothing was said: keep what is there, else default."""

    command: str
    torch: str | None = None
    setup_only: bool = False
    passed_on: tuple[str, ...] = ()


def parse(words: list[str]) -> Request | None:
    """The request, or None when help was asked for. Raises SetupError on wrong usage."""
    if any(word in ("-h", "--help") for word in words):
        return None
    if not words or words[0] not in COMMANDS:
        raise SetupError(f"say what to do: {' or '.join(COMMANDS)}.\n\n{HELP}")
    torch: str | None = None
    setup_only = False
    passed_on: list[str] = []
    rest = iter(words[1:])
    for word in rest:
        if word == "--torch" or word.startswith("--torch="):
            torch = _kind(word.partition("=")[2] or next(rest, ""))
        elif word == "--setup-only":
            setup_only = True
        else:
            passed_on.append(word)
    return Request(words[0], torch, setup_only, tuple(passed_on))


def _kind(word: str) -> str:
    if word not in TORCH:
        raise SetupError(f"--torch takes one of {', '.join(TORCH)}, not {word!r}.")
    return word
