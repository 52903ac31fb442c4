"""Use cases: make, open and remember projects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from defectstudio.app.first_steps import steps_taken
from defectstudio.app.settings import RecentProject, Settings, change, load
from defectstudio.domain.errors import ProjectError, SettingError
from defectstudio.project.place import DATABASE, is_project
from defectstudio.project.project import Project

_REMEMBERED = 12


def new_project(root: Path, item: str) -> Project:
    """Make a project with one item in a new or empty folder. Raises ProjectError."""
    return Project.create(root, item)


def open_project(path: Path) -> Project:
    """Open a project by its folder, or by the database file in it. Raises ProjectError."""
    return Project.open(path.parent if path.name == DATABASE else path)


def remember(project: Project) -> str:
    """Put a project first among the recent ones.

    Returns what a person should know when that was not possible, else an empty text: the
    project is used all the same.
    """

    def edit(settings: Settings) -> Settings:
        steps = steps_taken(project.root)
        one = RecentProject(project.id, project.root, project.root.name, steps)
        # A copy has its original's identity: one is the other moved where only one is there.
        others = [
            old
            for old in settings.recent
            if old.path != one.path and (old.id != one.id or is_project(old.path))
        ]
        return replace(settings, recent=(one, *others)[:_REMEMBERED])

    return _tried(edit)


def forget(path: Path) -> str:
    """Take the project at `path` off the recent ones; returns as `remember` does."""

    def edit(settings: Settings) -> Settings:
        others = [old for old in settings.recent if old.path != path.resolve()]
        return replace(settings, recent=tuple(others))

    return _tried(edit)


def recent_projects() -> tuple[tuple[RecentProject, ...], str]:
    """The recent projects that are there now, newest first, and a note on the settings."""
    loaded = load()
    return loaded.settings.present, loaded.note


def looked_at(project: RecentProject) -> RecentProject:
    """A recent project with the steps that are taken by now, by whatever program. Raises
    ProjectError where it cannot be read."""
    return replace(project, steps=steps_taken(project.path))


def _tried(edit: Callable[[Settings], Settings]) -> str:
    try:
        change(edit)
    except (SettingError, ProjectError) as error:
        return str(error)
    return ""
