"""Processes that train together: the worker, which leads, starts the others as torchrun would."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import distributed

from defectstudio.domain.device import Device
from defectstudio.domain.errors import JobError
from defectstudio.domain.events import Event
from defectstudio.worker import device as devices
from defectstudio.worker.pools import leave_with

STORE = "store"
BACKENDS = {"cpu": "gloo", "cuda": "cpu:gloo,cuda:nccl"}


class Silent:
    """The channel of a process that does not lead: it tells nothing and is told nothing."""

    def emit(self, event: Event) -> None:
        """The leading process tells."""

    def stop(self) -> str:
        """The leading process is asked."""
        return ""


@contextmanager
def team(handler: Callable[[Any, Any], None], spec: Any) -> Iterator[None]:
    """While this lasts, `spec.processes` - 1 other processes run the handler with us.

    They share steps by training.parallel; one alone starts nobody. Raises JobError when one of
    them ends before its time, or there are not as many devices.
    """
    if spec.processes == 1:
        yield
        return
    _check_devices(spec.processes, spec.device)
    context = multiprocessing.get_context("spawn")
    held, owner = context.Pipe(duplex=False)
    with TemporaryDirectory(prefix="defectstudio-") as folder:
        store = Path(folder) / STORE
        others = [
            context.Process(target=_follow, args=(handler, spec, rank, store, held))
            for rank in range(1, spec.processes)
        ]
        for other in others:
            other.start()
        try:
            _join(store, 0, spec)
            yield
        except RuntimeError as error:
            # The end of a process is told by its connections a moment before it is one.
            if not wait([other.sentinel for other in others], timeout=2):
                raise
            raise JobError(
                "one of the processes that train together was ended",
                remedy="See log.txt; then resume the training from its last checkpoint.",
            ) from error
        finally:
            owner.close()  # whoever is not done is not wanted any more
            for other in others:
                other.join()
            if distributed.is_initialized():
                distributed.destroy_process_group()


def _follow(
    handler: Callable[[Any, Any], None], spec: Any, rank: int, store: Path, held: Connection
) -> None:
    leave_with(held)
    _join(store, rank, spec)
    handler(spec, Silent())


def _join(store: Path, rank: int, spec: Any) -> None:
    device = devices.choose(spec.device)
    if device.type == "cuda":
        torch.cuda.set_device(rank)
    distributed.init_process_group(
        BACKENDS[device.type],
        store=distributed.FileStore(str(store), spec.processes),  # type: ignore[attr-defined]
        rank=rank,
        world_size=spec.processes,
    )


def _check_devices(wanted: int, device: Device) -> None:
    there = torch.cuda.device_count()
    if devices.choose(device).type == "cuda" and there < wanted:
        raise JobError(
            f"{wanted} processes need as many graphics cards, and there are {there}",
            subject="processes",
            remedy=f"Give processes={there}, or --device cpu.",
        )
