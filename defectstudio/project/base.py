"""What all of a project's methods share: its folder, its database, its files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection

from psygnal import Signal

from defectstudio.project import folder
from defectstudio.project.database import Database
from defectstudio.project.files import FileStore
from defectstudio.project.place import DATABASE


class ProjectBase:
    """An open project folder."""

    changed = Signal(str)

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        folder.check(self.root)
        self._database = Database(self.root / DATABASE)
        self.files = FileStore(self.root)
        """Where files are put before a row speaks of them."""
        with self._database.read() as connection:
            self.id = folder.read_meta(connection, "id")

    def check_there(self) -> None:
        """Raise ProjectError when the folder is no longer there. For whoever writes files into it
        that no row speaks of."""
        self._database.check_there()

    @contextmanager
    def _change(self, table: str) -> Iterator[Connection]:
        """One transaction, and the word that the table is another one now."""
        with self._database.write() as connection:
            yield connection
        self.changed.emit(table)
