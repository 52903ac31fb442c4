"""A Ray cluster does the pieces of a job. Nothing else imports ray, and this only when asked to.

The owner's files travel through Ray's object store: each is put there once, and a node holds it
once, however many tasks read it. A piece whose worker is lost is done again by Ray, as often as
RETRIES: what is made of it is the same.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from defectstudio.domain.errors import ClusterError
from defectstudio.domain.files import sha256_bytes
from defectstudio.domain.parts import how_to_get
from defectstudio.domain.spread import Opening, P, Place, R, Watch

RETRIES = 10
AHEAD = 2
"""Pieces a processor that are handed out before one is done."""
POLL_SECONDS = 0.2
TLS = "RAY_USE_TLS", ("1", "true")
TOKEN = "RAY_AUTH_MODE", ("token",)
"""Variables of the environment by which Ray is told to admit only who has a certificate, or the
token, and what they are then."""


@dataclass(frozen=True)
class Sent:
    """A file in the object store: its path under the folder it is asked for in, and its hash."""

    path: str
    sha256: str
    data: Any


@dataclass(frozen=True)
class Shared:
    """What all tasks of a job share. files: by the path that their owner knows them by."""

    opening: Opening[Any, Any]
    files: dict[str, tuple[Sent, ...]]
    versions: dict[str, str]
    open_to_all: bool

    def open(self) -> Callable[[Any], Any]:
        """Make ready at a worker. Raises ClusterError where it is not what the owner is."""
        from defectstudio.synthesis.versions import versions

        if not self.open_to_all:
            check_closed("this worker's Ray", os.environ)
        check_versions(self.versions, versions())
        return self.opening(Place(fetch=self._fetch))

    @contextmanager
    def _fetch(self, path: Path) -> Iterator[Path]:
        import ray

        with TemporaryDirectory(prefix="defectstudio-") as folder:
            for sent in self.files[str(path)]:
                data: bytes = ray.get(sent.data)
                if sha256_bytes(data) != sent.sha256:
                    raise ClusterError(
                        "the file was changed on its way to a worker",
                        subject=path,
                        remedy="Start the job again.",
                    )
                here = Path(folder) / sent.path
                here.parent.mkdir(parents=True, exist_ok=True)
                here.write_bytes(data)
            yield Path(folder) / path.name


class Cluster:
    """Does the pieces as tasks of the cluster at an address, one processor each."""

    def __init__(self, address: str, watch: Watch, *, open_to_all: bool) -> None:
        """Raises ClusterError where Ray is not installed, or anybody may use the cluster."""
        if find_spec("ray") is None:
            raise ClusterError(
                "Ray, which does work in a cluster, is not installed",
                subject=address,
                remedy=f"{how_to_get('cluster')} Or leave cluster out.",
            )
        if not open_to_all:
            check_closed(address, os.environ)
        self.address, self.watch, self.open_to_all = address, watch, open_to_all

    def run(
        self, opening: Opening[P, R], pieces: Sequence[P], files: Sequence[Path] = ()
    ) -> Iterator[R]:
        """See Pool. Raises ClusterError, and what a piece raises."""
        import ray

        from defectstudio.synthesis.versions import versions

        self._connect()
        try:
            sent = {str(path): tuple(_send(path)) for path in files}
            shared = ray.put(Shared(opening, sent, versions(), self.open_to_all))
            yield from self._results([shared], pieces)
        except ray.exceptions.RayTaskError as error:
            raise _cause(error) from None
        except ray.exceptions.RayError as error:
            raise ClusterError(
                f"the cluster failed: {str(error).splitlines()[0]}",
                subject=self.address,
                remedy="See its dashboard and logs; then start the job again: what is made is"
                " kept.",
            ) from error
        finally:
            ray.shutdown()

    def _connect(self) -> None:
        import ray

        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            ray.init(self.address, log_to_driver=False, logging_level=logging.ERROR)
        except (OSError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
            raise ClusterError(
                f"the cluster cannot be reached: {str(error).strip().splitlines()[0]}",
                subject=self.address,
                remedy="Check the address, the certificates and the token, and that Ray and"
                " Python are the cluster's versions.",
            ) from error

    def _results(self, shared: list[Any], pieces: Sequence[P]) -> Iterator[Any]:
        import ray

        task = ray.remote(num_cpus=1, max_retries=RETRIES)(_do)
        waiting = iter(pieces)
        running: dict[Any, P] = {}
        while True:
            # Nodes come and go: there is always work for those that are there.
            processors = ray.cluster_resources().get("CPU", 1)  # type: ignore[no-untyped-call]
            room = AHEAD * int(processors) - len(running)
            for _, piece in zip(range(room), waiting, strict=False):
                running[task.remote(shared, piece)] = piece
            if not running:
                return
            done, _ = ray.wait(list(running), num_returns=1, timeout=POLL_SECONDS)
            self.watch.look()
            for ref in done:
                yield ray.get(ref)
                for _ in range(len(running.pop(ref))):
                    self.watch.tick()


_open: dict[str, Callable[[Any], Any]] = {}


def _do(shared: list[Any], piece: Any) -> Any:
    """The task: a worker makes ready once for all pieces of a job."""
    import ray

    (ref,) = shared
    if ref.hex() not in _open:
        _open.clear()
        _open[ref.hex()] = ray.get(ref).open()
    return _open[ref.hex()](piece)


def _send(path: Path) -> Iterator[Sent]:
    """A file, or all files of a folder."""
    import ray

    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            data = file.read_bytes()
            relative = file.relative_to(path.parent).as_posix()
            yield Sent(relative, sha256_bytes(data), ray.put(data))


def _cause(error: Any) -> BaseException:
    cause: BaseException = error.cause
    if isinstance(cause, ModuleNotFoundError):
        return ClusterError(
            f"a worker of the cluster lacks {cause.name}",
            remedy="Install DefectStudio on its nodes, in the version of this machine.",
        )
    return cause


def check_closed(subject: str, environment: Mapping[str, str]) -> None:
    """Raise ClusterError where Ray is not told to admit only who has certificate and token."""
    lacks = [
        what
        for what, (name, values) in (("TLS", TLS), ("a token", TOKEN))
        if environment.get(name, "").lower() not in values
    ]
    if lacks:
        raise ClusterError(
            f"the cluster is open: it does not ask for {' or '.join(lacks)}, and whoever reaches"
            " it could run programs on it",
            subject=subject,
            remedy="Set RAY_USE_TLS=1 with RAY_TLS_SERVER_CERT, RAY_TLS_SERVER_KEY and"
            " RAY_TLS_CA_CERT, and RAY_AUTH_MODE=token with RAY_AUTH_TOKEN_PATH, here and on its"
            " nodes; or say --set open_cluster=true where nobody else can reach it.",
        )


def check_versions(owner: Mapping[str, str], worker: Mapping[str, str]) -> None:
    """Raise ClusterError where a worker would make other bytes than its owner."""
    apart = [
        f"{name} {worker.get(name, 'missing')} (here {mine})"
        for name, mine in owner.items()
        if worker.get(name) != mine
    ]
    if apart:
        raise ClusterError(
            f"a worker of the cluster would make other bytes: it has {', '.join(apart)}",
            remedy="Install the same versions on all nodes, and use processors of one kind.",
        )
