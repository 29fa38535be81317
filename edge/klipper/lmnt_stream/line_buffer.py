# The job's bytes in memory
#
# Copyright (C) 2026  LMNT Marketplace
#
# This file may be distributed under the terms of the GNU GPLv3 license.
from __future__ import annotations

import logging
import re

# Bytes per read, as virtual_sdcard asks for them.
CHUNK_SIZE = 8192

# Lines that hold a comment and nothing else.
COMMENT_LINES = re.compile(rb"^[ \t]*;[^\n]*", re.MULTILINE)
# Each byte that is not UTF-8 becomes "?", so that positions in the text stay positions in the file.
ONLY_ASCII = bytes(i if i < 128 else ord("?") for i in range(256))


class LineBuffer:
    """The bytes from the last chunk that was read, into which a resume may seek back, to the last one received.

    Positions are bytes of the job.
    """

    def __init__(self) -> None:
        # self._data holds the bytes from self._base on.
        self._data = bytearray()
        self._base = 0
        # The next byte to read.
        self.next = 0

    def received(self) -> int:
        return self._base + len(self._data)

    def waiting(self) -> int:
        """The number of bytes that are not read yet."""
        return self.received() - self.next

    def has_line(self) -> bool:
        return self._data.find(b"\n", self.next - self._base) >= 0

    def add(self, data: bytes) -> None:
        self._data += data

    def clear(self) -> None:
        self._data = bytearray()
        self._base = self.next

    def seek(self, position: int) -> bool:
        """Moves to a position. False: it is not in memory, and must be received again from there."""
        is_here = self._base <= position <= self.received()
        self.next = position
        if not is_here:
            self.clear()
        return is_here

    def next_lines(self) -> str | None:
        """The next whole lines; None when there are none."""
        del self._data[: self.next - self._base]
        self._base = self.next
        end = self._data.rfind(b"\n", 0, CHUNK_SIZE) + 1
        if end == 0:
            end = self._data.find(b"\n") + 1
        if end == 0:
            return None
        chunk = bytes(self._data[:end])
        self.next += end
        if logging.getLogger().isEnabledFor(logging.DEBUG):
            # Klippy -v logs every comment that it passes over; blanks of the same length keep all positions.
            chunk = COMMENT_LINES.sub(lambda match: b" " * len(match.group()), chunk)
        try:
            return chunk.decode()
        except UnicodeDecodeError:
            return chunk.translate(ONLY_ASCII).decode()
