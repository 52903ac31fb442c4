"""No socket of the tests, or of a Python that they start, reaches beyond this machine.

Python imports this by its name, before anything else, where the folder is on PYTHONPATH. What is
tried is refused, and told in the file that the environment names. Sockets that compiled code opens
are not seen.
"""

import os
import sys

TOLD = "DEFECTSTUDIO_TESTS_NETWORK"
"""The environment variable with the file's path; without it all is free."""


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if not event.startswith("socket.") or TOLD not in os.environ:
        return
    host = _foreign_host(event, arguments)
    if host is not None:
        _tell(f"{event} {host}")
        raise PermissionError(f"tests have no network: {event} {host}")


def _tell(tried: str) -> None:
    from contextlib import suppress  # not at every start of a Python
    from pathlib import Path

    # The tests may be over, and their folder gone.
    with suppress(OSError), Path(os.environ[TOLD]).open("a", encoding="utf-8") as told:
        told.write(f"{tried}\n")


def _foreign_host(event: str, arguments: tuple[object, ...]) -> str | None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0]
    else:
        return None
    return None if host is None or _is_local(host) else str(host)


def _is_local(host: object) -> bool:
    """Whether it is this machine, by one of its own addresses."""
    import ipaddress
    import socket

    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        with socket.socket(family) as own:
            own.bind((str(address), 0))  # any other address is not there to be bound
    except (ValueError, OSError):
        return False
    return not address.is_multicast


sys.addaudithook(_watch)
