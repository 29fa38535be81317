# The job's lines, as a file that Klipper's virtual_sdcard can read
#
# Copyright (C) 2026  LMNT Marketplace
#
# This file may be distributed under the terms of the GNU GPLv3 license.
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .connection import Connection, ServiceError
from .line_buffer import LineBuffer
from .plain import plain

if TYPE_CHECKING:
    from klippy.reactor import ReactorCompletion

    from .extra import LmntStream

VERSION = "1.0.0"

# Given to virtual_sdcard as a line in place of the job's next one, once lines have run: an error in a command is a
# failed print, with its message and on_error_gcode; an exception in read() would only pause.
FAIL_COMMAND = "_LMNT_STREAM_FAIL"

# The socket is not read while this much is waiting, until half of it is used up.
HIGH_WATER = 256 * 1024
LOW_WATER = HIGH_WATER // 2
LONGEST_LINE = 65536

# All times are seconds of the reactor's monotonic clock.
# virtual_sdcard's pause waits for read() while it holds the g-code mutex: read() checks for it this often.
WAIT_SLICE = 0.05
SHORTEST_BACKOFF = 0.05
LONGEST_BACKOFF = 0.5


class StreamFile:
    """The open file for virtual_sdcard: the job's lines, as they arrive from the edge.

    Positions are bytes of the job.
    """

    def __init__(self, extra: LmntStream, name: str, job: str) -> None:
        self._extra = extra
        self._reactor = extra.reactor
        self._vsd = extra.vsd
        # The stub's absolute path: shown by status, and by a fork's shutdown dump.
        self.name = name
        self.job = job
        self.size: int | None = None
        self.failure: str | None = None
        self._is_closed = False
        # The edge has cancelled the print before it began; the file is closed in a moment.
        self._is_cancelled = False
        self._connection: Connection | None = None
        self._connects = 0
        self._backoff = SHORTEST_BACKOFF
        self._next_try = 0.0
        self._deadline = self._reactor.monotonic() + extra.open_timeout
        self._buffer = LineBuffer()
        self._wake: ReactorCompletion | None = None
        self._starved_since: float | None = None
        # How often the print has begun to wait for a line.
        self.starved_count = 0
        self._last_wait: str | None = None

    # Called by virtual_sdcard

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        if self._is_over():
            return position
        if not self._buffer.seek(position):
            self._disconnect()
        self._starved_since = None
        return position

    def read(self, size: int = -1) -> str:
        """Returns whole lines; "" at the end of the job; an empty line when there are none now.

        In a shutdown virtual_sdcard seeks back and logs what it reads: the empty line keeps the job out of the log.
        """
        while not self._is_over():
            if self.failure is not None:
                if self.size is not None:
                    return FAIL_COMMAND + "\n"
                self._extra.refuse(self)
                break
            lines = self._next_lines()
            if lines is not None:
                self._starved_since = None
                return lines
            if self.is_ended():
                return ""
            if self._vsd.must_pause_work:
                break
            self._wait()
        return "\n"

    def close(self) -> None:
        """The print is over: at its end, cancelled, or reset."""
        if self._is_closed:
            return
        self.release({"op": "close", "ended": self.is_ended(), "position": self._vsd.file_position})
        self._is_closed = True
        self._extra.file_closed(self)

    # Called by the connection

    def on_answer(self, answer: dict[str, Any]) -> None:
        if "error" in answer:
            self.fail(answer["error"])
            return
        self._deadline = self._reactor.monotonic() + self._extra.open_timeout
        if "cancel" in answer:
            self._is_cancelled = True
            self._extra.cancel(self, str(answer["cancel"]))
            return
        if "wait" in answer:
            text = plain(answer["wait"])
            if text != self._last_wait:
                self._last_wait = text
                self._extra.show_wait(text, self.size is not None)
            return
        size, offset = int(answer["size"]), int(answer["offset"])
        if offset != self._buffer.received() or self.size not in (None, size):
            self.fail("the file changed while it was printed")
            return
        self._backoff = SHORTEST_BACKOFF
        if self.size is None:
            self.size = self._vsd.file_size = size
            self._extra.show_begin(answer.get("layers"))

    def on_bytes(self, data: bytes) -> None:
        self._buffer.add(data)
        if self.size is None or self._buffer.received() > self.size:
            self.fail("the LMNT service sent more bytes than the file has")
        elif self._connection is not None and self._buffer.waiting() >= HIGH_WATER:
            self._connection.set_reading(False)
        self._ring()

    def on_lost(self, connection: Connection) -> None:
        if self._connection is connection:
            self._connection = None
            self._ring()

    def fail(self, message: object) -> None:
        """Ends the print in an error, as soon as virtual_sdcard asks for the next line."""
        if self.failure is None:
            self.failure = plain(message)
        self.release()
        self._ring()

    # Called by the extra

    def is_ended(self) -> bool:
        return self.size is not None and self._buffer.next == self.size

    def has_line(self) -> bool:
        """Whether the print could go on at once."""
        return self.is_ended() or self._buffer.has_line()

    def starved_for(self, eventtime: float) -> float:
        """How long the print, once begun, has been waiting for its next line."""
        return 0.0 if self._starved_since is None else eventtime - self._starved_since

    def keep_connected(self) -> None:
        """Connects if needed, or fails when the edge has not answered in time."""
        now = self._reactor.monotonic()
        if self._is_cancelled:
            return
        if self.size is None and now > self._deadline:
            is_there = self._connection is not None
            state = "does not answer: restart it" if is_there else "is not running: start it"
            self.fail(f"the LMNT service {state}, then print the file again")
        elif self._connection is None and not self._is_received() and now >= self._next_try:
            self._connect(now)

    def release(self, goodbye: dict[str, Any] | None = None) -> None:
        """Drops the lines and the connection; virtual_sdcard may keep this object for long."""
        if goodbye is not None and self._connection is not None:
            self._connection.say_goodbye(goodbye)
            self._connection = None
        self._disconnect()
        self._buffer.clear()

    def get_status(self) -> dict[str, Any]:
        return {
            "job": self.job,
            "size": self.size,
            "received": self._buffer.received(),
            "is_connected": self._connection is not None,
            "is_starved": self._starved_since is not None,
            "starved_count": self.starved_count,
            "connects": self._connects,
        }

    # Internal

    def _is_over(self) -> bool:
        return self._is_closed or self._extra.printer.is_shutdown()

    def _is_received(self) -> bool:
        return self._buffer.received() == self.size

    def _next_lines(self) -> str | None:
        """The next whole lines; None when there are none (yet)."""
        lines = self._buffer.next_lines()
        if lines is None:
            waiting = self._buffer.waiting()
            if waiting and (self._is_received() or waiting > LONGEST_LINE):
                self.fail("the file contains something that is not a line")
        elif self._connection is not None and self._buffer.waiting() < LOW_WATER:
            self._connection.set_reading(True)
        return lines

    def _wait(self) -> None:
        """Waits a short time for lines."""
        now = self._reactor.monotonic()
        if self.size is not None and self._starved_since is None:
            self._starved_since = now
            self.starved_count += 1
        self.keep_connected()
        if self.failure is None:
            self._wake = self._reactor.completion()
            self._wake.wait(now + WAIT_SLICE)
            self._wake = None

    def _ring(self) -> None:
        if self._wake is not None:
            self._wake.complete(None)

    def _connect(self, now: float) -> None:
        self._next_try = now + self._backoff
        self._backoff = min(LONGEST_BACKOFF, self._backoff * 2)
        request = {"job": self.job, "offset": self._buffer.received(), "version": VERSION}
        try:
            self._connection = Connection(self._reactor, self._extra.socket_path, request, self)
            self._connects += 1
        except ServiceError as e:
            self.fail(str(e))
        except OSError:
            # The service is not running: retried until the deadline, or as long as a begun print is starved.
            pass

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
