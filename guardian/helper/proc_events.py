"""The kernel's word of each exec, through the process events connector.

Only PROC_EVENT_EXEC and the answer to the subscription are let through, by a filter in the kernel, since forks and thread
exits are many and mean nothing here.
Source: include/uapi/linux/cn_proc.h, include/uapi/linux/connector.h, netlink(7), Documentation/networking/filter.rst.
"""

import array
import errno
import os
import select
import socket
import struct
import sys
import time

_NETLINK_CONNECTOR = 11
_CN_IDX_PROC, _CN_VAL_PROC = 1, 1
_LISTEN, _NONE, _EXEC = 1, 0x00000000, 0x00000002
_ANSWER_SECONDS = 1.0
_SO_ATTACH_FILTER = 26
# nlmsghdr 16 bytes, cn_msg 20 bytes, then proc_event: what (4), cpu (4), timestamp (8), pid (4), tgid (4)
# In an answer the error (4) stands where an event has its pid.
_NUMBER, _WHAT, _ERROR, _TGID = 28, 36, 52, 56
_RET_ALL, _EVENT_BYTES = 0xFFFFFFFF, 256


class ProcessEvents:
    """A socket that tells the pid of every process that begins a new program.

    Needs CAP_NET_ADMIN in the first network and pid namespace; OSError where it may not be had.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, _NETLINK_CONNECTOR
        )
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            self._filter()
            self._socket.bind((0, _CN_IDX_PROC))
            self._subscribe()
        except OSError:
            self._socket.close()
            raise

    def fileno(self) -> int:
        """Readable when execs have happened."""
        return self._socket.fileno()

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()

    def pids(self) -> tuple[list[int], bool]:
        """The pids that have begun a new program since last asked, and whether some were lost (then look at all)."""
        found: list[int] = []
        receive, order = self._socket.recv, sys.byteorder
        try:
            while True:
                # The filter lets execs through and nothing else.
                found.append(int.from_bytes(receive(_EVENT_BYTES)[_TGID : _TGID + 4], order))
        except BlockingIOError:
            return found, False
        except OSError:  # ENOBUFS: the kernel dropped some
            return found, True

    def _subscribe(self) -> None:
        # Answers go to all listeners; the number, which comes back raised by one, tells ours from those of others.
        number = int.from_bytes(os.urandom(3), "little")
        body = struct.pack("=IIIIHHI", _CN_IDX_PROC, _CN_VAL_PROC, 0, number, 4, 0, _LISTEN)
        head = struct.pack("=IHHII", 16 + len(body), 3, 0, 0, os.getpid())
        self._socket.send(head + body)
        self._await_answer(number)

    def _await_answer(self, number: int) -> None:
        """Wait until the kernel agrees to the subscription of that number.

        OSError where it does not: outside the first namespaces it keeps silent for ever.
        Source: drivers/connector/cn_proc.c:cn_proc_mcast_ctl(), cn_proc_ack().
        """
        deadline = time.monotonic() + _ANSWER_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self._socket], [], [], left)[0]:
                break
            message = self._socket.recv(_EVENT_BYTES)
            if len(message) < _ERROR + 4:
                continue
            (kind,), (answered,) = struct.unpack_from("=I", message, _WHAT), struct.unpack_from("=I", message, _NUMBER)
            if kind == _NONE and answered == number + 1:
                error = struct.unpack_from("=I", message, _ERROR)[0]
                if error:
                    raise OSError(error, os.strerror(error))
                return
        raise OSError(errno.EPERM, "the kernel tells of no processes here (a container?)")

    def _filter(self) -> None:
        # The socket filter loads words big-endian; "what" is in the machine's order, so the constant is turned to match.
        wanted = struct.unpack(">I", struct.pack("=I", _EXEC))[0]
        program = (
            struct.pack("=HBBI", 0x20, 0, 0, _WHAT)  # load the event's kind
            + struct.pack("=HBBI", 0x15, 1, 0, wanted)  # an exec?
            + struct.pack("=HBBI", 0x15, 0, 1, _NONE)  # or the answer to the subscription?
            + struct.pack("=HBBI", 0x06, 0, 0, _RET_ALL)  # take it whole
            + struct.pack("=HBBI", 0x06, 0, 0, 0)  # drop it
        )
        code = array.array("B", program)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", 5, code.buffer_info()[0]))
