# Tells tests which lines a print has run
#
# Copyright (C) 2026  LMNT Marketplace
#
# This file may be distributed under the terms of the GNU GPLv3 license.
"""A Klipper extra for tests: counts and hashes the lines that virtual_sdcard has run of a file.

Of a stub, those since STREAM_GCODE_LINE: the same as of a file on the disk that holds the job's lines.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from klippy.configfile import ConfigWrapper


class LineRecord:
    def __init__(self, config: ConfigWrapper) -> None:
        self.printer = config.get_printer()
        self.vsd = self.printer.load_object(config, "virtual_sdcard")
        self._clear()
        gcode: Any = self.printer.lookup_object("gcode")
        mutex = gcode.get_mutex()
        run_script = gcode.run_script

        def record(script: str) -> None:
            # While a line of the file runs, scripts of others come here, too, and wait for the mutex.
            if self.vsd.is_cmd_from_sd() and not mutex.test():
                self._note(script)
            run_script(script)

        gcode.run_script = record
        self.printer.register_event_handler("virtual_sdcard:load_file", self._clear)

    def _clear(self) -> None:
        self._sha256 = hashlib.sha256()
        self._lines = 0

    def _note(self, line: str) -> None:
        if line.startswith("STREAM_GCODE_LINE"):
            self._clear()
            return
        self._sha256.update(line.encode() + b"\n")
        self._lines += 1

    def get_status(self, eventtime: float) -> dict[str, Any]:
        return {"lines": self._lines, "sha256": self._sha256.hexdigest()}


def load_config(config: ConfigWrapper) -> LineRecord:
    return LineRecord(config)
