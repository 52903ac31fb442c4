"""The error tree.

DefectStudioError
|-- UserError            the input or the world is wrong: exit status 1
|   |-- ImageError       a picture or a mask cannot be read or used
|   |-- ProjectError     a project cannot be created, opened or changed
|   |-- ImportSourceError  a folder or table to import is not what it should be
|   |-- ExportError      an export cannot be written
|   |-- RecipeError      a recipe cannot be read or replayed
|   |-- CheckpointError  a generator or a training state cannot be loaded
|   |-- SettingError     a hyper-parameter or a setting is out of bounds
|   |-- ClusterError     a cluster cannot be used
|   |-- JobError         a job cannot be started, resumed or was stopped by the world
|       |-- OutOfMemory  the memory of the processor or the graphics card did not suffice
|-- InternalError        we have a bug: exit status 3
"""

from defectstudio.domain.words import shown


class DefectStudioError(Exception):
    """An error with the three things a person needs.

    reason: what is wrong, one sentence; subject: the file, image or option it is
    about; remedy: what to do next. Each may be shown on its own line.
    """

    def __init__(self, reason: str, *, subject: object = "", remedy: str = "") -> None:
        self.reason = shown(reason)
        self.subject = shown(str(subject))
        self.remedy = shown(remedy)
        super().__init__(str(self))

    def __str__(self) -> str:
        head = f"{self.subject}: {self.reason}" if self.subject else self.reason
        return f"{head}. {self.remedy}" if self.remedy else head

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.reason, self.subject, self.remedy))


def _rebuild(
    kind: type[DefectStudioError], reason: str, subject: str, remedy: str
) -> DefectStudioError:
    return kind(reason, subject=subject, remedy=remedy)


class UserError(DefectStudioError):
    """The input or the world is wrong; the message says how to mend it."""


class ImageError(UserError):
    """A picture or a mask cannot be read or used."""


class ProjectError(UserError):
    """A project cannot be created, opened or changed."""


class ImportSourceError(UserError):
    """A folder or table to import is not what it should be."""


class ExportError(UserError):
    """An export cannot be written."""


class RecipeError(UserError):
    """A recipe cannot be read or replayed."""


class CheckpointError(UserError):
    """A generator or a training state cannot be loaded."""


class SettingError(UserError):
    """A hyper-parameter or a setting is out of bounds."""


class ClusterError(UserError):
    """A cluster cannot be used."""


class JobError(UserError):
    """A job cannot be started, resumed, or was stopped by the world."""


class OutOfMemory(JobError):  # noqa: N818 - a name that is Python's own with Error at its end
    """The memory of the processor or the graphics card did not suffice."""


class InternalError(DefectStudioError):
    """We have a bug: something happened that the program promises never happens."""
