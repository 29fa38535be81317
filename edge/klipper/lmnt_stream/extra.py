# The section [lmnt_stream]: the command of the stubs, and the life of a print
#
# Copyright (C) 2026  LMNT Marketplace
#
# This file may be distributed under the terms of the GNU GPLv3 license.
from __future__ import annotations

import logging
import os
import re
from typing import TYPE_CHECKING, Any, Callable

from .connection import is_listening
from .dialogs import Dialogs
from .parking import Parking
from .plain import plain
from .stream_file import FAIL_COMMAND, VERSION, StreamFile
from .stub import FROM_THE_BEGINNING, GUARD_HEATER, is_recovery, refuse_seeks

if TYPE_CHECKING:
    from klippy.configfile import ConfigWrapper
    from klippy.gcode import GCodeCommand

DEFAULT_SOCKET = "~/printer_data/comms/lmnt/stream.sock"
# Longer paths do not fit into a unix socket's address.
LONGEST_SOCKET_PATH = 107

# Seconds.
WATCH_INTERVAL = 0.25


class LmntStream:
    """The section [lmnt_stream]."""

    cmd_STREAM_GCODE_LINE_help = "Prints an LMNT Marketplace purchase; used by the files in the folder LMNT"

    def __init__(self, config: ConfigWrapper) -> None:
        self.printer = config.get_printer()
        self.reactor = self.printer.get_reactor()
        self.gcode = self.printer.lookup_object("gcode")
        self.vsd = self.printer.load_object(config, "virtual_sdcard")
        self.socket_path = os.path.expanduser(config.get("socket", DEFAULT_SOCKET))
        if len(os.fsencode(self.socket_path)) > LONGEST_SOCKET_PATH:
            raise config.error(
                f"Option 'socket' in section '{config.get_name()}' is longer than {LONGEST_SOCKET_PATH} bytes"
            )
        self.dialogs = Dialogs(
            config, self.vsd, lambda: is_listening(self.socket_path), self._is_waiting, self._display
        )
        # How long to wait for the edge's answer before the first line.
        self.open_timeout = config.getfloat("open_timeout", 5.0, above=0.0)
        # How long the head may stand on the print before the print is paused.
        pause_after = config.getfloat("pause_after", 10.0, above=0.0)
        # How long a parked print may resume by itself; 0: never.
        resume_within = config.getfloat("resume_within", 120.0, minval=0.0)
        self._parking = Parking(self, pause_after, resume_within)
        self._file: StreamFile | None = None
        self._last_status: dict[str, Any] = {}
        # The last error on the console, and the line of the print that it came from: its text and its position.
        self._console_error = ""
        self._line_error: tuple[str, int] | None = None
        self._watch_timer = self.reactor.register_timer(self._watch)
        self.gcode.register_command(
            "STREAM_GCODE_LINE", self.cmd_STREAM_GCODE_LINE, desc=self.cmd_STREAM_GCODE_LINE_help
        )
        self.gcode.register_command(FAIL_COMMAND, self._cmd_fail)
        self.gcode.register_output_handler(self._on_console_line)
        self.printer.register_event_handler("gcode:command_error", self._handle_command_error)
        self.printer.register_event_handler("klippy:connect", self._handle_connect)
        self.printer.register_event_handler("klippy:shutdown", self._handle_end)
        self.printer.register_event_handler("klippy:disconnect", self._handle_end)

    def get_status(self, eventtime: float) -> dict[str, Any]:
        """The status for Moonraker's subscribers, which is everyone on the network: no content of the job.

        The fields are in the README.
        """
        status = self._last_status if self._file is None else self._file.get_status()
        own = {
            "is_active": self._file is not None,
            "is_parked": self._parking.is_parked(),
            "error": None if self._file is not None or self._line_error is None else self._line_error[0],
            "question": self.dialogs.get_status(),
            "version": VERSION,
        }
        return {**status, **own}

    # Commands

    def cmd_STREAM_GCODE_LINE(self, gcmd: GCodeCommand) -> None:
        # In the g-code mutex: no waiting here. read() connects to the service, where PAUSE and CANCEL work.
        if not self.vsd.is_cmd_from_sd():
            raise gcmd.error("STREAM_GCODE_LINE: start the file from the printer's file list")
        if isinstance(self.vsd.current_file, StreamFile):
            raise gcmd.error("STREAM_GCODE_LINE: a job cannot start another job")
        job: str = gcmd.get("JOB")
        if re.match(r"[\w-]{1,64}$", job) is None:
            raise gcmd.error("STREAM_GCODE_LINE: the file names no LMNT purchase")
        stub = self.vsd.current_file
        if is_recovery(stub.name):
            raise gcmd.error(FROM_THE_BEGINNING)
        self._parking.forget()
        self._line_error = None
        # M23 and M24 start a file without the event.
        self.dialogs.reset()
        self._file = self.vsd.current_file = StreamFile(self, stub.name, job)
        stub.close()
        # The real size comes with the answer.
        self.vsd.file_size = 0
        # virtual_sdcard then seeks to 0 in the new file, and drops the rest of the stub that it has read.
        self.vsd.set_file_position(0)
        self.reactor.update_timer(self._watch_timer, self.reactor.NOW)

    # No docstring: Kalico would list the command in its help, and it is for read() only.
    def _cmd_fail(self, gcmd: GCodeCommand) -> None:
        file = self.vsd.current_file
        if not isinstance(file, StreamFile) or file.failure is None or not self.vsd.is_cmd_from_sd():
            return
        self.dialogs.show_error(file.failure)
        raise gcmd.error("LMNT: " + file.failure)

    def refuse(self, file: StreamFile) -> None:
        """Ends a print without any line in an error; virtual_sdcard stops after this read().

        An error of a line would run on_error_gcode, which may be CANCEL_PRINT and move the head.
        """
        message = "LMNT: " + str(file.failure)
        self.vsd.must_pause_work = True
        self.vsd.print_stats.note_error(message)
        self.gcode.respond_raw("!! " + message)
        self.dialogs.show_error(str(file.failure))
        heaters = self.printer.lookup_object("heaters", None)
        if heaters is not None:
            # As the usual on_error_gcode does. Its command would wait for the g-code mutex.
            heaters.turn_off_all_heaters()

    # Why a print ends

    def _on_console_line(self, line: str) -> None:
        if line.startswith("!! "):
            self._console_error = line[3:]

    def _handle_command_error(self) -> None:
        """Saves the error of a line. After a cancel by on_error_gcode this alone shows that no person has cancelled."""
        if self._file is not None and self.vsd.is_cmd_from_sd():
            self._line_error = (plain(self._console_error), self.vsd.file_position)

    # Output for people

    def say(self, text: str) -> None:
        """A line on the console; not in the log."""
        self.gcode.respond_info("LMNT: " + plain(text), log=False)

    def show_wait(self, text: str, is_begun: bool) -> None:
        """Shows the reason for a wait on the console, and before the first line also as by M117."""
        self.say(text)
        if not is_begun:
            self._display("LMNT: " + plain(text))

    def show_begin(self, layers: object) -> None:
        """Lets the interfaces show "layer x of y" from the first layer on."""
        self._display("")
        if isinstance(layers, int) and layers > 0:
            command = self.vsd.print_stats.cmd_SET_PRINT_STATS_INFO
            self.run_now(command, "SET_PRINT_STATS_INFO", {"TOTAL_LAYER": str(layers)})

    def _display(self, text: str) -> None:
        status = self.printer.lookup_object("display_status", None)
        if status is not None:
            self.run_now(status.cmd_M117, "M117 " + text, {})

    def run_now(self, command: Callable[[GCodeCommand], None], line: str, params: dict[str, str]) -> None:
        """Runs a command directly: a script would wait for the g-code mutex, in a callback of the socket."""
        command(self.gcode.create_gcode_command(line.split()[0], line, params))

    # The print's life

    def _is_waiting(self, job: str) -> bool:
        return self._file is not None and self._file.job == job and self._file.size is None

    def cancel(self, file: StreamFile, text: str) -> None:
        """Cancels a print that has not begun, without CANCEL_PRINT, whose macro moves the head."""

        def cancel_now(eventtime: float) -> None:
            try:
                with self.gcode.get_mutex():
                    if self._file is file:
                        self.vsd.do_cancel()
                        self._parking.clear_pause()
                        self.say(text)
            except Exception:
                logging.exception("lmnt_stream: cancel")
                file.fail(text)

        self.reactor.register_callback(cancel_now)

    def is_open(self, file: StreamFile) -> bool:
        return self._file is file

    def file_closed(self, file: StreamFile) -> None:
        if self._file is not file:
            return
        self._last_status = file.get_status()
        self._file = None
        if self._line_error is not None and self._line_error[1] != self.vsd.file_position:
            # Lines have run after the error: it has not ended the print.
            self._line_error = None
        self._parking.forget()
        self.dialogs.on_print_end(file.job)
        if not file.is_ended():
            # A message of an ended print would stay in both interfaces.
            self._display("")

    def _watch(self, eventtime: float) -> float:
        """Checks the open job while virtual_sdcard does not read: starved, parked, or ended in an error."""
        try:
            if self._file is not None and not self.printer.is_shutdown():
                self._check_print(self._file, eventtime)
        except Exception:
            logging.exception("lmnt_stream: watch")
        return self.reactor.NEVER if self._file is None else self.reactor.monotonic() + WATCH_INTERVAL

    def _check_print(self, file: StreamFile, eventtime: float) -> None:
        if self.vsd.print_stats.get_status(eventtime)["state"] == "error":
            # virtual_sdcard keeps the file until the next print, or SDCARD_RESET_FILE.
            file.release({"op": "close", "ended": False, "position": self.vsd.file_position})
            self.file_closed(file)
        else:
            self._parking.check(file, eventtime)

    # Klippy's life

    def _handle_connect(self) -> None:
        # Late, after the heaters have registered the command.
        self.gcode.register_mux_command("SET_HEATER_TEMPERATURE", "HEATER", GUARD_HEATER, lambda gcmd: None)
        refuse_seeks(self.gcode, self.vsd)

    def _handle_end(self) -> None:
        # The edge learns of the shutdown from Moonraker; no part of the job stays here.
        if self._file is not None:
            self._file.release()


def load_config(config: ConfigWrapper) -> LmntStream:
    return LmntStream(config)
