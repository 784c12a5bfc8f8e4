"""Run one untrusted Python program in this process, after shutting out everything else (Linux).

Started by `masdesign.workflow.isolated` as a script of a fresh interpreter (``python -I cell.py FD``), never
imported by the package's users. Before the program's first line runs:

- resource limits bound processor time, memory, open files and the size of files (``setrlimit``);
- every capability is dropped and ``no_new_privs`` is set, so that root is nobody special;
- files: Landlock (Linux 5.13 and later) leaves Python's own libraries to read and the scratch folder to
  write; without Landlock, a user namespace with a root folder of its own holds the same;
- system calls: a seccomp filter refuses sockets, new processes, signals to others, changes to the
  attributes of files, and the calls that would get round these rules.

See landlock(7), seccomp(2), user_namespaces(7).
"""

import ast
import ctypes
import json
import linecache
import os
import platform
import resource
import struct
import sys
import sysconfig
import traceback
import types
from contextlib import suppress
from typing import Any

MEMORY = 1 << 30
"""Address space in bytes: numpy alone maps about 300 MB."""
FILE_SIZE, OPEN_FILES = 16 << 20, 64
_EPERM, _ENOSYS = 1, 38
_THREAD = 0x10000
"""``CLONE_THREAD``: threads of the program may start, processes may not."""

_REFUSED = {
    # name: (x86_64, aarch64); -1 where the machine has no such call
    "socket": (41, 198), "fork": (57, -1), "vfork": (58, -1), "execve": (59, 221), "execveat": (322, 281),
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_send_signal": (424, 424), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "process_madvise": (440, 440), "kcmp": (312, 272),
    "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, -1), "lchown": (94, -1), "fchown": (93, 55), "fchownat": (260, 54), "utime": (132, -1),
    "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88), "truncate": (76, 45),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14),
    "lremovexattr": (198, 15), "fremovexattr": (199, 16), "setxattrat": (463, 463),
    "removexattrat": (466, 466), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194), "shmat": (30, 196), "semget": (64, 190),
    "msgget": (68, 186), "mq_open": (240, 180), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40),
    "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "setpriority": (141, 140), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118),
    "sched_setattr": (314, 274), "sched_setaffinity": (203, 122), "ioprio_set": (251, 30),
    "migrate_pages": (256, 238), "move_pages": (279, 239), "personality": (135, 92),
}  # fmt: skip
_CLONE, _CLONE3, _PRLIMIT = (56, 220), (435, 435), (302, 261)
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


class NotIsolated(Exception):
    """This machine does not offer what an isolated program needs."""


def isolate(scratch: str) -> None:
    """Shut out files, network, processes and privileges, or raise `NotIsolated`."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        raise NotIsolated(
            f"programs are isolated on Linux (x86_64, aarch64) only, not on {platform.platform()}"
        )
    libc = ctypes.CDLL(None, use_errno=True)
    _call(libc.prctl(38, 1, 0, 0, 0), "no_new_privs")
    if not _landlock(libc, scratch):
        _own_root(libc, scratch)
    _drop_capabilities(libc)
    _filter_calls(libc)


def limit(seconds: float) -> None:
    """Bound processor time (beyond what starting took), memory, files and core dumps."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    ends = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (ends, ends + 1))  # SIGXCPU, then SIGKILL
    for name, bound in (
        (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, FILE_SIZE),
        (resource.RLIMIT_NOFILE, OPEN_FILES), (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        hard = resource.getrlimit(name)[1]
        bound = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(name, (bound, bound))


def readable() -> list[str]:
    """What a program may read: Python's libraries, the system's shared libraries, the random device."""
    paths = sysconfig.get_paths()
    wanted = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    wanted += [
        os.path.join(sys.base_prefix, "lib"),
        "/usr/lib",
        "/usr/lib64",
        "/usr/local/lib",
        "/lib",
        "/lib64",
    ]
    wanted += ["/etc/ld.so.cache", "/usr/share/zoneinfo", "/dev/urandom", "/dev/zero"]
    return sorted({os.path.realpath(path) for path in wanted if os.path.exists(path)})


def _call(outcome: int, what: str) -> int:
    if outcome < 0:
        raise NotIsolated(f"{what}: {os.strerror(ctypes.get_errno())}")
    return outcome


_FILE_RIGHTS = 1 << 2  # read a file
_FOLDER_RIGHTS = _FILE_RIGHTS | 1 << 3  # and list a folder
_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""Number of access rights that the kernel knows, by Landlock version: as many low bits are set."""


def _landlock(libc: Any, scratch: str) -> bool:
    """Leave the readable paths and the scratch folder, and no others. False where there is no Landlock."""
    abi = libc.syscall(444, None, 0, 1)
    if abi < 1:
        return False
    rights = (1 << _RIGHTS_BY_ABI[min(abi, 5)]) - 1
    network = 3 if abi >= 4 else 0  # TCP bind and connect
    scopes = 3 if abi >= 6 else 0  # abstract sockets and signals
    attributes = struct.pack("=QQQ", rights, network, scopes)[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    rules = _call(libc.syscall(444, attributes, len(attributes), 0), "Landlock")
    for path in readable():
        _allow(libc, rules, path, _FOLDER_RIGHTS if os.path.isdir(path) else _FILE_RIGHTS)
    _allow(libc, rules, "/dev/null", _FILE_RIGHTS | 1 << 1)
    _allow(libc, rules, scratch, rights & ~1)  # all but to execute
    _call(libc.syscall(446, rules, 0), "Landlock")
    os.close(rules)
    return True


def _allow(libc: Any, rules: int, path: str, rights: int) -> None:
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    _call(libc.syscall(445, rules, 1, struct.pack("=Qi", rights, handle), 0), f"Landlock ({path})")
    os.close(handle)


_NEW_USER, _NEW_MOUNTS, _NEW_NETWORK, _NEW_IPC = 0x10000000, 0x00020000, 0x40000000, 0x08000000
_READ_ONLY, _NO_SUID, _NO_DEVICES, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18


def _own_root(libc: Any, scratch: str) -> None:
    """Give the process a root folder of its own (a memory file system) that holds the readable paths."""
    user, group = os.getuid(), os.getgid()
    namespaces = _NEW_USER | _NEW_MOUNTS | _NEW_NETWORK | _NEW_IPC
    _call(libc.unshare(namespaces), "neither Landlock nor user namespaces")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        try:
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
        except OSError as error:
            raise NotIsolated(f"user namespace: {error.strerror}") from None

    def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
        given = [value.encode() if value is not None else None for value in (source, target, kind)]
        _call(libc.mount(*given, flags, data.encode() if data else None), f"mount of {target}")

    mount("none", "/", None, _RECURSIVE | _PRIVATE)
    mount("tmpfs", scratch, "tmpfs", _NO_SUID | _NO_DEVICES, "size=64m")
    for path in [*readable(), "/dev/null"]:
        target = scratch + path
        os.makedirs(target if os.path.isdir(path) else os.path.dirname(target), exist_ok=True)
        if not os.path.isdir(path):
            open(target, "w").close()
        mount(path, target, None, _BIND | _RECURSIVE)
        if not path.startswith("/dev"):
            mount(path, target, None, _REMOUNT | _BIND | _READ_ONLY | _NO_SUID | _NO_DEVICES)
    for link in ("/lib", "/lib64"):
        if os.path.islink(link) and not os.path.lexists(scratch + link):
            os.symlink(os.readlink(link), scratch + link)
    os.makedirs(scratch + "/scratch")
    os.chroot(scratch)
    os.chdir("/scratch")


def _drop_capabilities(libc: Any) -> None:
    version = 0x20080522
    _call(libc.capset(struct.pack("=Ii", version, 0), struct.pack("=6I", *[0] * 6)), "capset")


def _filter_calls(libc: Any) -> None:
    """Install the seccomp filter (classic BPF): refuse the listed calls with EPERM, allow all others."""
    column, architecture = _MACHINES[platform.machine()]
    load, jump_equal, jump_set, jump_least, give = 0x20, 0x15, 0x45, 0x35, 0x06
    allow, refuse, absent, kill = 0x7FFF0000, 0x00050000 | _EPERM, 0x00050000 | _ENOSYS, 0x80000000
    program = [
        (load, 0, 0, 4), (jump_equal, 1, 0, architecture), (give, 0, 0, kill),
        (load, 0, 0, 0), (jump_least, 0, 1, 0x40000000), (give, 0, 0, refuse),  # x32 calls
    ]  # fmt: skip
    for numbers in _REFUSED.values():
        if numbers[column] >= 0:
            program += [(jump_equal, 0, 1, numbers[column]), (give, 0, 0, refuse)]
    program += [(jump_equal, 0, 1, _CLONE3[column]), (give, 0, 0, absent)]  # its flags cannot be read here
    program += [(jump_equal, 0, 4, _CLONE[column]), (load, 0, 0, 16), (jump_set, 1, 0, _THREAD)]
    program += [(give, 0, 0, refuse), (give, 0, 0, allow)]
    program += [(jump_equal, 0, 3, _PRLIMIT[column]), (load, 0, 0, 16), (jump_equal, 1, 0, 0)]
    program += [(give, 0, 0, refuse), (give, 0, 0, allow)]
    code = b"".join(struct.pack("=HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(code)
    description = struct.pack("@HP", len(program), ctypes.addressof(buffer))
    _call(libc.prctl(22, 2, description, 0, 0), "seccomp")


def run(source: str) -> tuple[str, str]:
    """Run the program: ``ok``, ``error`` or ``limit``, and the text of its last expression's value."""
    name = "<program>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    try:
        tree = ast.parse(source, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, name, "exec"), main.__dict__)  # noqa: S102  (what this process is for)
        if not isinstance(last, ast.Expr):
            return "ok", ""
        value = eval(compile(ast.Expression(last.value), name, "eval"), main.__dict__)  # noqa: S307
        return "ok", "" if value is None else str(value)
    except SystemExit as ended:
        return ("ok" if ended.code in (None, 0) else "error"), ""
    except MemoryError:
        sys.stderr.write("MemoryError\n")
        return "limit", ""
    except BaseException as error:  # noqa: BLE001  (a program may raise anything)
        entries = traceback.extract_tb(error.__traceback__)
        own = traceback.StackSummary.from_list([entry for entry in entries if entry.filename == name])
        sys.stderr.write("".join(own.format()[-8:] + traceback.format_exception_only(error))[-4000:])
        return "error", ""


def main() -> None:
    """Read the job (one line of JSON) from standard input, isolate, run, tell the outcome on descriptor N."""
    outcome = int(sys.argv[1])
    line = b""
    while not line.endswith(b"\n"):  # byte by byte: what follows is the program's own input
        byte = os.read(0, 1)
        if not byte:
            os._exit(3)
        line += byte
    job = json.loads(line)
    source = job["source"]
    try:
        limit(job["seconds"])
        if job["isolate"]:
            isolate(job["scratch"])
    except (NotIsolated, OSError) as error:
        os.write(outcome, json.dumps({"refused": str(error)}).encode())
        os._exit(3)
    status, value = run(source)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os.write(outcome, json.dumps({"status": status, "value": value[:100_000]}).encode())
    os._exit(0)


if __name__ == "__main__":
    main()
