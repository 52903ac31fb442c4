"""The frozen program's first words, and what it leaves to the programs that it starts."""

from __future__ import annotations

import runpy
import sys

import pytest
from freezing import entry

from defectstudio.domain import parts


@pytest.mark.parametrize("part", parts.PARTS)
def test_it_understands_what_its_parts_are_started_with(part, monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    _, *words = parts.start_of(part)
    assert entry.meant([*words, "job.json", "--preview"]) == (
        parts.PARTS[part],
        ["job.json", "--preview"],
    )


@pytest.mark.parametrize(
    ("words", "package"),
    [
        ([], "defectstudio.gui"),
        (["app", "work"], "defectstudio"),
        (["--help"], "defectstudio"),
        (["--part"], "defectstudio"),
        (["--part", "nothing"], "defectstudio"),
    ],
)
def test_any_other_words_are_a_command_and_none_is_the_window(words, package):
    assert entry.meant(words) == (package, words)


def test_a_part_runs_as_its_module_would(monkeypatch):
    run = []
    for variable in (entry.LIBRARIES, entry.APART):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(sys, "argv", ["defectstudio", "--part", "worker", "job.json"])
    monkeypatch.setattr(
        runpy, "run_module", lambda *given, **how: run.append((given, how, sys.argv[1:]))
    )
    entry.main()
    how = {"run_name": "__main__", "alter_sys": True}
    assert entry.os.environ[entry.APART] == "1"
    assert run == [(("defectstudio.worker",), how, ["job.json"])]


@pytest.mark.parametrize("before", ["/usr/local/lib", None])
def test_other_programs_get_the_library_path_of_the_user(monkeypatch, before):
    monkeypatch.setenv(entry.LIBRARIES, "/opt/defectstudio/_internal")
    if before is None:
        monkeypatch.delenv(f"{entry.LIBRARIES}_ORIG", raising=False)
    else:
        monkeypatch.setenv(f"{entry.LIBRARIES}_ORIG", before)
    entry.give_back(entry.LIBRARIES)
    assert entry.os.environ.get(entry.LIBRARIES) == before
