"""A process without a network: whatever a query finds a way to ask of another server goes nowhere.

https://man7.org/linux/man-pages/man7/network_namespaces.7.html
"""

from __future__ import annotations

import ctypes
import errno
import socket
from contextlib import suppress

__all__ = ["cut_off"]

_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
#: An address of documentation (RFC 5737), and our own: neither can be reached from a network that is empty.
_NOWHERE = (("192.0.2.1", 9), ("127.0.0.1", 9))


def cut_off() -> bool:
    """Leave the network for good, where the system lets this process; it must have no threads yet.

    Returns
    -------
    Whether nothing can be reached any more. Sockets that are open stay.
    """
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None, use_errno=True)
        if library.unshare(_NEW_NETWORK) != 0:
            library.unshare(_NEW_USER | _NEW_NETWORK)
    return not any(map(_reaches, _NOWHERE))


def _reaches(address: tuple[str, int]) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(address)  # nothing is sent: it asks the system for a way
        except OSError as error:
            return error.errno not in (errno.ENETUNREACH, errno.EHOSTUNREACH)
        return True
