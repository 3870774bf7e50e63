"""usage: forbid-calls.py COMMAND...

Runs a command that gets EPERM for the system calls that container runtimes forbid without CAP_SYS_ADMIN (their default
seccomp profiles). Numbers of x86_64.
"""
import ctypes
import errno
import os
import struct
import sys

FORBIDDEN = {
    "ptrace": 101, "syslog": 103, "personality": 135, "pivot_root": 155, "acct": 163, "settimeofday": 164,
    "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169, "sethostname": 170,
    "setdomainname": 171, "iopl": 172, "ioperm": 173, "init_module": 175, "delete_module": 176, "quotactl": 179,
    "lookup_dcookie": 212, "clock_settime": 227, "kexec_load": 246, "add_key": 248, "request_key": 249,
    "keyctl": 250, "move_pages": 279, "unshare": 272, "perf_event_open": 298, "fanotify_init": 300,
    "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312,
    "finit_module": 313, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323, "io_uring_setup": 425,
    "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429, "fsopen": 430,
    "fsmount": 432, "pidfd_getfd": 438,
}

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
RET_ALLOW, RET_ERRNO = 0x7FFF0000, 0x00050000
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06


def program():
    numbers = sorted(FORBIDDEN.values())
    steps = [struct.pack("HBBI", LOAD, 0, 0, 0)]
    for index, number in enumerate(numbers):
        steps.append(struct.pack("HBBI", JUMP_IF_EQUAL, len(numbers) - index, 0, number))
    steps.append(struct.pack("HBBI", RETURN, 0, 0, RET_ALLOW))
    steps.append(struct.pack("HBBI", RETURN, 0, 0, RET_ERRNO | errno.EPERM))
    return steps


steps = program()
code = ctypes.create_string_buffer(b"".join(steps))
head = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)))
if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, head, 0, 0) != 0:
    raise OSError(ctypes.get_errno(), "the kernel takes no seccomp filter")
os.execvp(sys.argv[1], sys.argv[1:])
