"""Runs masdesign where no file can be locked: ``python -m masdesign.chaos.locks ARGUMENTS…``.

So it is on some network file systems. The kernel is told to refuse the calls that lock (seccomp, https://docs.kernel.org/userspace-api/seccomp_filter.html),
with the error that NFS gives without its lock service.
"""

import ctypes
import errno
import platform
import struct
import sys

NOT_POSSIBLE = 77
"""Exit code where this machine cannot refuse locks."""
_CALLS = {"x86_64": (72, 73), "aarch64": (25, 32)}
"""Numbers of ``fcntl`` and ``flock``."""
_LOAD, _EQUAL, _ABOVE, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.ENOLCK
_NUMBER, _COMMAND = 0, 24  # where the call's number and its second argument lie
_F_GETLK = 5  # F_SETLK and F_SETLKW follow


def refuse_locks() -> None:
    """Let every attempt to lock a file fail with ``ENOLCK``, in this process and its children, for good.

    Raises:
        OSError: the machine is none of x86_64 and aarch64 under Linux, or its kernel has no seccomp.
    """
    if sys.platform != "linux" or platform.machine() not in _CALLS:
        raise OSError(f"locks cannot be refused on {sys.platform} {platform.machine()}")
    fcntl, flock = _CALLS[platform.machine()]
    steps = [
        (_LOAD, 0, 0, _NUMBER),
        (_EQUAL, 5, 0, flock),
        (_EQUAL, 0, 3, fcntl),
        (_LOAD, 0, 0, _COMMAND),
        (_ABOVE, 0, 1, _F_GETLK),
        (_ABOVE, 0, 1, _F_GETLK + 3),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(38, 1, 0, 0, 0) or prctl(22, 2, program, 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel takes no filter of system calls")


if __name__ == "__main__":
    try:
        refuse_locks()
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(NOT_POSSIBLE)
    sys.argv = ["masdesign", *sys.argv[1:]]
    from masdesign.__main__ import program

    program()
