# The connection to the LMNT service, by its private unix socket
#
# Copyright (C) 2026  LMNT Marketplace
#
# This file may be distributed under the terms of the GNU GPLv3 license.
from __future__ import annotations

import json
import logging
import os
import socket
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from klippy.reactor import Reactor, ReactorFileHandler

    from .stream_file import StreamFile

RECEIVE_SIZE = 65536
LONGEST_ANSWER = 4096
# Seconds that the edge has to close the connection after our goodbye.
GOODBYE_TIME = 2.0


class ServiceError(Exception):
    """The service cannot be used for this print; the message is for the person at the printer."""


class Connection:
    """One connection to the edge: a request, JSON lines as its answer, then the job's bytes.

    Calls its listener (the StreamFile): on_answer(dict), on_bytes(bytes), on_lost(), fail(text).
    """

    def __init__(self, reactor: Reactor, path: str, request: dict[str, Any], listener: StreamFile) -> None:
        """Connects and sends the request. Raises OSError (no service now) and ServiceError (another user's socket)."""
        self._reactor = reactor
        self._listener: StreamFile | None = listener
        self._answer = bytearray()
        self._is_answered = False
        self._is_reading = True
        self._handle: ReactorFileHandler | None = None
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.setblocking(False)
            self._socket.connect(path)
            check_peer(self._socket)
            self._socket.send(json.dumps(request).encode() + b"\n")
        except (OSError, ServiceError):
            self._socket.close()
            raise
        self._handle = reactor.register_fd(self._socket.fileno(), self._on_readable)

    def close(self) -> None:
        if self._handle is not None:
            self._reactor.unregister_fd(self._handle)
            self._handle = None
            self._socket.close()

    def say_goodbye(self, message: dict[str, Any]) -> None:
        """Sends the last message and closes when the edge has closed; ignores everything that still arrives.

        A socket that is closed with unread bytes resets the connection, and the message could be lost with it.
        """
        if self._handle is None:
            return
        self._listener = None
        self.set_reading(True)
        try:
            self._socket.send(json.dumps(message).encode() + b"\n")
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()
            return
        self._reactor.register_callback(lambda eventtime: self.close(), self._reactor.monotonic() + GOODBYE_TIME)

    def set_reading(self, is_reading: bool) -> None:
        """Reads, or stops reading so that the edge has to wait."""
        if self._handle is not None and is_reading != self._is_reading:
            self._is_reading = is_reading
            self._reactor.set_fd_wake(self._handle, is_reading, False)

    def _on_readable(self, eventtime: float) -> None:
        # Also called while not reading, when the edge closes: receive then, too, or the reactor calls this for ever.
        try:
            self._receive()
        except Exception:
            logging.exception("lmnt_stream: receive")
            listener = self._listener
            self.close()
            if listener is not None:
                listener.fail("the LMNT extra failed, see klippy.log")

    def _receive(self) -> None:
        try:
            data = self._socket.recv(RECEIVE_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        listener = self._listener
        if not data:
            self.close()
            if listener is not None:
                listener.on_lost(self)
        elif listener is not None:
            data = data if self._is_answered else self._read_answers(data, listener)
            if data and self._handle is not None:
                listener.on_bytes(data)

    def _read_answers(self, data: bytes, listener: StreamFile) -> bytes:
        """Reads JSON lines up to the one with the size. Returns the job's first bytes after it."""
        self._answer += data
        while not self._is_answered and self._handle is not None:
            line, newline, rest = self._answer.partition(b"\n")
            if not newline:
                if len(line) > LONGEST_ANSWER:
                    listener.fail("the answer of the LMNT service is not understood")
                return b""
            self._answer = rest
            try:
                answer = json.loads(line.decode())
                self._is_answered = "size" in answer
                listener.on_answer(answer)
            except (ValueError, TypeError, KeyError):
                listener.fail("the answer of the LMNT service is not understood")
        first, self._answer = bytes(self._answer), bytearray()
        return first if self._is_answered else b""


def is_listening(path: str) -> bool:
    """Whether the service is running now; it ignores a connection without a request."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        return probe.connect_ex(path) == 0


def check_peer(connected: socket.socket) -> None:
    """Checks the peer's user: the lines move a machine, so only our own user or root may send them.

    Only Linux has the peer's user; elsewhere the folder's permissions are the only protection. Raises ServiceError.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return
    size = struct.calcsize("3i")
    _pid, uid, _gid = struct.unpack("3i", connected.getsockopt(socket.SOL_SOCKET, option, size))
    if uid not in (0, os.geteuid()):
        raise ServiceError("the LMNT service's socket belongs to another user")
