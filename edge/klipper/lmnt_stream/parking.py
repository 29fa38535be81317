# A print that gets no lines is paused, so that the head does not stand on it
#
# Copyright (C) 2026  LMNT Marketplace
#
# This file may be distributed under the terms of the GNU GPLv3 license.
from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .extra import LmntStream
    from .stream_file import StreamFile

# A heater may be this much (degrees) off its target for a print to go on by itself.
HEATER_TOLERANCE = 5.0


class ParkedPrint:
    """A print that was paused because lines are missing, with the heater targets that it needs to resume by itself."""

    def __init__(self, file: StreamFile, since: float, targets: dict[str, float]) -> None:
        self.file = file
        self.since = since
        self.targets = targets


class Parking:
    """Pauses a starved print by the user's own PAUSE, and resumes it when its lines are back soon enough."""

    def __init__(self, extra: LmntStream, pause_after: float, resume_within: float) -> None:
        self._extra = extra
        self._printer = extra.printer
        self._reactor = extra.reactor
        self._gcode = extra.gcode
        self._vsd = extra.vsd
        self._pause_after = pause_after
        self._resume_within = resume_within
        self._parked: ParkedPrint | None = None
        # The last starvation that ran PAUSE: a PAUSE that fails is not repeated.
        self._answered: tuple[StreamFile, int] | None = None

    def forget(self) -> None:
        """The print is over, or another has begun."""
        self._parked = self._answered = None

    def clear_pause(self) -> None:
        """Clears a pause of a print that has not begun: otherwise PAUSE would do nothing in the next print."""
        pause_resume = self._printer.lookup_object("pause_resume", None)
        if pause_resume is not None:
            pause_resume.sd_paused = False
            self._extra.run_now(pause_resume.cmd_CLEAR_PAUSE, "CLEAR_PAUSE", {})

    def is_parked(self) -> bool:
        """Whether the print is paused, or about to be, and will resume by itself."""
        return self._parked is not None

    def check(self, file: StreamFile, eventtime: float) -> None:
        """To be called several times a second, not from a command: it takes the g-code mutex."""
        if self._parked is not None:
            self._check_parked(self._parked, eventtime)
        elif (
            self._vsd.is_active()
            and file.starved_for(eventtime) > self._pause_after
            and self._answered != (file, file.starved_count)
        ):
            self._park(file)

    def _park(self, file: StreamFile) -> None:
        targets = {name: target for name, (_now, target) in self._heaters().items()}
        with self._gcode.get_mutex():
            now = self._reactor.monotonic()
            if not self._extra.is_open(file) or not self._vsd.is_active() or file.starved_for(now) < self._pause_after:
                return
            self._parked = ParkedPrint(file, now, targets)
            self._answered = (file, file.starved_count)
            self._extra.say(f"no lines for {self._pause_after:.0f} s, pausing the print")
            self._run("PAUSE", "M25")

    def _check_parked(self, parked: ParkedPrint, eventtime: float) -> None:
        if self._vsd.is_active() or not self._is_paused(eventtime):
            # Someone has resumed or cancelled.
            self._parked = None
            return
        parked.file.keep_connected()
        if parked.file.failure is not None:
            self._parked = None
            self._extra.dialogs.show_error(parked.file.failure)
        elif eventtime > parked.since + self._resume_within:
            self._parked = None
            self._extra.say("the print stays paused; resume it when the LMNT service is back")
        elif parked.file.has_line():
            self._unpark(parked)

    def _unpark(self, parked: ParkedPrint) -> None:
        try:
            self._resume(parked)
        finally:
            # Only now: during RESUME the pause is still ours.
            self._parked = None

    def _resume(self, parked: ParkedPrint) -> None:
        with self._gcode.get_mutex():
            now = self._reactor.monotonic()
            if not self._extra.is_open(parked.file) or self._vsd.is_active() or not self._is_paused(now):
                return
            if not self._is_on_target(parked.targets):
                self._extra.say("the lines are back, but a heater is not on its target: resume the print yourself")
                return
            self._extra.say("the lines are back, resuming the print")
            self._run("RESUME", "M24")

    def _run(self, command: str, without_pause_resume: str) -> None:
        """Runs the user's own macro where there is one; inside the g-code mutex."""
        has_pause = self._printer.lookup_object("pause_resume", None) is not None
        try:
            self._gcode.run_script_from_command(command if has_pause else without_pause_resume)
        except self._gcode.error:
            logging.exception("lmnt_stream: %s", command)
            self._extra.say(f"{command} failed, see klippy.log")

    def _is_paused(self, eventtime: float) -> bool:
        pause_resume = self._printer.lookup_object("pause_resume", None)
        return pause_resume is None or bool(pause_resume.get_status(eventtime)["is_paused"])

    def _heaters(self) -> dict[str, tuple[float, float]]:
        """Each heater's temperature and target."""
        heaters = self._printer.lookup_object("heaters", None)
        names = [] if heaters is None else heaters.get_all_heaters()
        now = self._reactor.monotonic()
        found = {name: self._printer.lookup_object(name).get_status(now) for name in names}
        return {name: (status["temperature"], status["target"]) for name, status in found.items()}

    def _is_on_target(self, targets: dict[str, float]) -> bool:
        """Whether the heaters are as before the pause: a macro, or a long wait, may have let them cool."""
        for name, (temperature, target) in self._heaters().items():
            if target != targets.get(name):
                return False
            if target and temperature < target - HEATER_TOLERANCE:
                return False
        return True
