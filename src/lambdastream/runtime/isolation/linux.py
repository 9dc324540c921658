"""Linux's own calls for which Python has no functions: namespaces and mounts (``os.unshare``, ``os.setns`` since 3.12).

Each raises ``OSError`` that says what was to be done. Sources: unshare(2), setns(2), mount(2), mount_setattr(2),
user_namespaces(7), close_range(2).

They are called in the child of a fork, where nothing else runs: so none of them gives up the interpreter's lock.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
AT_FDCWD = -100
AT_RECURSIVE = 0x8000
MOUNT_ATTR_RDONLY = 0x1
# The same on all architectures that Python runs on (include/uapi/asm-generic/unistd.h).
SYS_MOUNT_SETATTR = 442
SYS_CLOSE_RANGE = 436
CLOSE_RANGE_CLOEXEC = 0x4
ALL_FILES = 0xFFFFFFFF

_libc = ctypes.PyDLL(None, use_errno=True)
_text = ctypes.c_char_p
_libc.mount.argtypes = (_text, _text, _text, ctypes.c_ulong, _text)
_libc.unshare.argtypes = (ctypes.c_int,)
_libc.setns.argtypes = (ctypes.c_int, ctypes.c_int)


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "user_namespace")]


def unshare_mounts() -> None:
    """Give this process mounts of its own, which others do not see: as root, else in a user namespace of its own."""
    if _libc.unshare(CLONE_NEWNS):
        user, group = os.geteuid(), os.getegid()
        _check(_libc.unshare(CLONE_NEWUSER | CLONE_NEWNS), "unshare")
        # It stays who it is. Without this it would be nobody, and the kernel lets a plain user map no one else.
        for name, content in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            Path(f"/proc/self/{name}").write_text(content, encoding="ascii")
    _mount("none", Path("/"), "", MS_REC | MS_PRIVATE)


def join_mounts(pid: int) -> None:
    """See the mounts that this process sees."""
    mounts, users, own_users = _namespace(pid, "mnt"), _namespace(pid, "user"), _namespace("self", "user")
    # Into the one where it is already it cannot go.
    if not os.path.sameopenfile(users, own_users):
        _check(_libc.setns(users, CLONE_NEWUSER), "setns")
    _check(_libc.setns(mounts, CLONE_NEWNS), "setns")


def bind(source: int, target: Path) -> None:
    """Let what is open as ``source``, a folder or a file, be at ``target`` too, with everything that is mounted in it."""
    _mount(f"/proc/self/fd/{source}", target, "", MS_BIND | MS_REC)


def mount_tmpfs(target: Path, options: str) -> None:
    """Mount an empty file system in memory. ``options`` are those of tmpfs(5)."""
    _mount("tmpfs", target, "tmpfs", 0, options)


def make_read_only(target: Path) -> None:
    """Let nothing be written in ``target``, nor in whatever is mounted in it (Linux 5.12 or later)."""
    attributes = _MountAttributes(set=MOUNT_ATTR_RDONLY)
    failed = _libc.syscall(
        ctypes.c_long(SYS_MOUNT_SETATTR),
        ctypes.c_int(AT_FDCWD),
        ctypes.c_char_p(os.fsencode(target)),
        ctypes.c_uint(AT_RECURSIVE),
        ctypes.byref(attributes),
        ctypes.c_size_t(ctypes.sizeof(attributes)),
    )
    _check(failed, f"mount_setattr {target}")


def close_on_exec(first: int) -> None:
    """Close this file and all above it when a program takes this one's place. An old Linux cannot, before 5.11."""
    numbers = (ctypes.c_uint(number) for number in (first, ALL_FILES, CLOSE_RANGE_CLOEXEC))
    _libc.syscall(ctypes.c_long(SYS_CLOSE_RANGE), *numbers)


def _mount(source: str, target: Path, kind: str, flags: int, options: str = "") -> None:
    texts = [os.fsencode(text) for text in (source, target, kind)]
    _check(_libc.mount(*texts, flags, os.fsencode(options)), f"mount {target}")


def _check(failed: int, what: str) -> None:
    if failed:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _namespace(pid: int | str, kind: str) -> int:
    return os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)
