# Tells tests which lines a print has run
#
# Copyright (C) 2026  LMNT Marketplace
#
# This file may be distributed under the terms of the GNU GPLv3 license.
"""A Klipper extra for tests: counts and hashes the lines that virtual_sdcard has run since STREAM_GCODE_LINE."""

import hashlib


class LineRecord:
    def __init__(self, config):
        self.printer = config.get_printer()
        self.vsd = self.printer.load_object(config, "virtual_sdcard")
        self._clear()
        gcode = self.printer.lookup_object("gcode")
        run_script = gcode.run_script

        def record(script):
            if self.vsd.is_cmd_from_sd():
                self._note(script)
            return run_script(script)

        gcode.run_script = record

    def _clear(self):
        self._sha256 = hashlib.sha256()
        self._lines = 0

    def _note(self, line):
        if line.startswith("STREAM_GCODE_LINE"):
            self._clear()
            return
        self._sha256.update(line.encode() + b"\n")
        self._lines += 1

    def get_status(self, eventtime):
        return {"lines": self._lines, "sha256": self._sha256.hexdigest()}


def load_config(config):
    return LineRecord(config)
