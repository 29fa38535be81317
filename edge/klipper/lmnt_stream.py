# Prints LMNT Marketplace jobs, whose lines come from the LMNT service (the "edge") on this host
#
# Copyright (C) 2026  LMNT Marketplace
#
# This file may be distributed under the terms of the GNU GPLv3 license.
"""A Klipper extra: the stub in the file list names a purchase, the lines come through a private unix socket.

The stub is an ordinary small file. Printed by the stock virtual_sdcard, its last command, STREAM_GCODE_LINE, swaps
the open stub for a file object (StreamFile) that reads from the edge. Everything else (state, progress, pause,
resume, cancel, errors, history) is Klipper's own, nothing is patched, and the lines pass through no API and no log.

It all runs in Klippy's one thread, in greenlets of its reactor. Three kinds of callers, with their rules:
- virtual_sdcard calls read() and seek() from its work handler. Waiting is allowed in read(), in slices; seek() must
  never raise, or the printer would stay "printing" for ever.
- The reactor calls back when the socket has something. Nothing may escape such a callback: it would end Klippy.
- Commands hold the g-code mutex: no waiting there, or PAUSE and CANCEL would wait, too.

Standard library only, Python 3.7 or newer, mainline Klipper and Kalico.
"""

import json
import logging
import os
import re
import socket
import struct

VERSION = "1.0.0"
DEFAULT_SOCKET = "~/printer_data/comms/lmnt/stream.sock"
# Longer paths do not fit into a unix socket's address.
LONGEST_SOCKET_PATH = 107

# The stub's guard line names this "heater": on a printer without this extra the guard is a native error, where the
# unknown STREAM_GCODE_LINE alone would be passed over and the empty print called complete.
GUARD_HEATER = "lmnt_stream"
# Given to virtual_sdcard as a line in place of the job's next one: an error in a command is a failed print, with its
# message and on_error_gcode; an exception in read() would only pause.
FAIL_COMMAND = "_LMNT_STREAM_FAIL"

# Bytes given out at a time, as virtual_sdcard asks for them.
CHUNK_SIZE = 8192
RECEIVE_SIZE = 65536
# The socket is not read while this much is waiting, until half of it is used up.
HIGH_WATER = 256 * 1024
LOW_WATER = HIGH_WATER // 2
LONGEST_LINE = 65536
LONGEST_ANSWER = 4096

# All times are seconds of the reactor's monotonic clock.
# virtual_sdcard's pause waits for read() while it holds the g-code mutex: read() looks up this often.
WAIT_SLICE = 0.05
SHORTEST_BACKOFF = 0.05
LONGEST_BACKOFF = 0.5
WATCH_INTERVAL = 0.25
FAREWELL_TIME = 2.0
# Moonraker needs a moment after Klippy's start before it hears what Klippy says.
DIALOG_END_DELAY = 2.0
# A heater may be this much (degrees) off its target for a print to go on by itself.
HEATER_TOLERANCE = 5.0

# Lines that hold a comment and nothing else.
COMMENT_LINES = re.compile(rb"^[ \t]*;[^\n]*", re.MULTILINE)
# Bytes that are no UTF-8 become "?" one by one, so that positions in the text stay positions in the file.
ONLY_ASCII = bytes(i if i < 128 else ord("?") for i in range(256))


def plain(text, longest=200):
    """Text for the console and dialogs: the web interfaces render HTML there, and "|" divides a dialog's parts."""
    text = "".join(c if c.isprintable() else " " for c in str(text))
    return " ".join(re.sub(r"[<>&|]", "", text).split())[:longest]


class ServiceError(Exception):
    """The service cannot be used for this print; the message is for the person at the printer."""


class Connection:
    """One connection to the edge: a request, JSON lines as its answer, then the job's bytes.

    Tells its listener (the StreamFile) of what comes: take_answer(dict), take_bytes(bytes), lost(), fail(text).
    """

    def __init__(self, reactor, path, request, listener):
        """Connects and sends the request. Raises OSError (not there, or not now) and ServiceError (not ours)."""
        self._reactor = reactor
        self._listener = listener
        self._answer = bytearray()
        self._is_answered = False
        self._is_reading = True
        self._handle = None
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

    def close(self):
        if self._handle is not None:
            self._reactor.unregister_fd(self._handle)
            self._handle = None
            self._socket.close()

    def say_goodbye(self, message):
        """Sends the last message and closes when the edge has; what still comes is dropped.

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
        self._reactor.register_callback(lambda eventtime: self.close(), self._reactor.monotonic() + FAREWELL_TIME)

    def set_reading(self, is_reading):
        """Switches back-pressure off and on."""
        if self._handle is not None and is_reading != self._is_reading:
            self._is_reading = is_reading
            self._reactor.set_fd_wake(self._handle, is_reading, False)

    def _on_readable(self, eventtime):
        # Also called while not reading, when the edge hangs up: it must receive then, too, or it is called for ever.
        try:
            self._receive()
        except Exception:
            logging.exception("lmnt_stream: receive")
            listener = self._listener
            self.close()
            if listener is not None:
                listener.fail("the LMNT extra had a fault, see klippy.log")

    def _receive(self):
        try:
            data = self._socket.recv(RECEIVE_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            if self._listener is not None:
                self._listener.lost(self)
        elif self._listener is not None:
            data = data if self._is_answered else self._take_answers(data)
            if data and self._handle is not None:
                self._listener.take_bytes(data)

    def _take_answers(self, data):
        """Takes JSON lines until the one with the size, and gives the job's first bytes behind it."""
        self._answer += data
        while not self._is_answered and self._handle is not None:
            line, newline, rest = self._answer.partition(b"\n")
            if not newline:
                if len(line) > LONGEST_ANSWER:
                    self._listener.fail("the LMNT service cannot be understood")
                return b""
            self._answer = rest
            try:
                answer = json.loads(line.decode())
                self._is_answered = "size" in answer
                self._listener.take_answer(answer)
            except (ValueError, TypeError, KeyError):
                self._listener.fail("the LMNT service cannot be understood")
        rest, self._answer = bytes(self._answer), bytearray()
        return rest if self._is_answered else b""


def check_peer(connected):
    """The lines move a machine: they are taken from our own user or root only, whoever made the socket.

    Linux tells the peer's user; elsewhere the folder's permissions have to do. Raises ServiceError.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return
    size = struct.calcsize("3i")
    _pid, uid, _gid = struct.unpack("3i", connected.getsockopt(socket.SOL_SOCKET, option, size))
    if uid not in (0, os.geteuid()):
        raise ServiceError("the LMNT service's socket belongs to another user")


class StreamFile:
    """What virtual_sdcard has for an open file: the job's lines, as they come from the edge.

    Positions are bytes of the job. In memory is what lies between the last chunk that was given out (a resume may seek
    back into it) and what was received last.
    """

    def __init__(self, extra, name, job):
        self._extra = extra
        self._reactor = extra.reactor
        self._vsd = extra.vsd
        # The stub's absolute path: what status and a fork's shutdown dump tell of this print.
        self.name = name
        self.job = job
        self.size = None
        self.failure = None
        self._is_closed = False
        self._connection = None
        self._connects = 0
        self._backoff = SHORTEST_BACKOFF
        self._next_try = 0.0
        self._patience = self._reactor.monotonic() + extra.open_timeout
        # self._data holds the bytes from self._base on; self._next is the next one to give out.
        self._data = bytearray()
        self._base = self._next = 0
        self._wake = None
        self._starved_since = None
        self._starved_count = 0
        self._last_wait = None

    # Called by virtual_sdcard

    def seek(self, position, whence=os.SEEK_SET):
        if self._is_over():
            return position
        if self._base <= position <= self._received():
            self._next = position
        else:
            self._disconnect()
            self._data = bytearray()
            self._base = self._next = position
        self._starved_since = None
        return position

    def read(self, size=-1):
        """Gives whole lines; "" at the end of the job; an empty line when there is nothing to do or to tell.

        In a shutdown virtual_sdcard seeks back and logs what it reads: the empty line keeps the job out of the log.
        """
        while not self._is_over():
            if self.failure is not None:
                return FAIL_COMMAND + "\n"
            lines = self._take_lines()
            if lines is not None:
                self._starved_since = None
                return lines
            if self.is_ended():
                return ""
            if self._vsd.must_pause_work:
                break
            self._wait()
        return "\n"

    def close(self):
        """The print is over: at its end, cancelled, or reset."""
        if self._is_closed:
            return
        self.let_go({"op": "close", "ended": self.is_ended(), "position": self._vsd.file_position})
        self._is_closed = True
        self._extra.file_closed(self)

    # Called by the connection

    def take_answer(self, answer):
        if "error" in answer:
            self.fail(answer["error"])
            return
        self._patience = self._reactor.monotonic() + self._extra.open_timeout
        if "wait" in answer:
            if answer["wait"] != self._last_wait:
                self._last_wait = answer["wait"]
                self._extra.say(answer["wait"])
            return
        size, offset = int(answer["size"]), int(answer["offset"])
        if offset != self._received() or self.size not in (None, size):
            self.fail("the file changed while it was printed")
            return
        self._backoff = SHORTEST_BACKOFF
        if self.size is None:
            self.size = self._vsd.file_size = size
            self._extra.tell_layers(answer.get("layers"))

    def take_bytes(self, data):
        self._data += data
        if self._received() > self.size:
            self.fail("the LMNT service sent more than the file has")
        elif self._buffered() >= HIGH_WATER:
            self._connection.set_reading(False)
        self._ring()

    def lost(self, connection):
        if self._connection is connection:
            self._connection = None
            self._ring()

    def fail(self, message):
        """Ends the print in an error, as soon as virtual_sdcard asks for the next line."""
        if self.failure is None:
            self.failure = plain(message)
        self.let_go()
        self._ring()

    # Called by the extra

    def is_ended(self):
        return self.size is not None and self._next == self.size

    def has_line(self):
        """Whether the print could go on at once."""
        return self.is_ended() or self._data.find(b"\n", self._next - self._base) >= 0

    def starved_for(self, eventtime):
        """For how long the print, once begun, has been waiting for its next line."""
        return 0.0 if self._starved_since is None else eventtime - self._starved_since

    def keep_connected(self):
        """One look after the connection."""
        now = self._reactor.monotonic()
        if self.size is None and now > self._patience:
            state = "is not running" if self._connection is None else "does not answer"
            self.fail("the LMNT service " + state)
        elif self._connection is None and not self._is_received() and now >= self._next_try:
            self._connect(now)

    def let_go(self, goodbye=None):
        """Drops the lines and the connection; virtual_sdcard may hold on to this object for long."""
        if goodbye is not None and self._connection is not None:
            self._connection.say_goodbye(goodbye)
            self._connection = None
        self._disconnect()
        self._data = bytearray()
        self._base = self._next

    def get_status(self):
        return {
            "job": self.job,
            "size": self.size,
            "received": self._received(),
            "is_connected": self._connection is not None,
            "is_starved": self._starved_since is not None,
            "starved_count": self._starved_count,
            "connects": self._connects,
        }

    # Own

    def _is_over(self):
        return self._is_closed or self._extra.printer.is_shutdown()

    def _received(self):
        return self._base + len(self._data)

    def _is_received(self):
        return self.size is not None and self._received() == self.size

    def _buffered(self):
        return self._received() - self._next

    def _take_lines(self):
        """The next whole lines as text; None when there are none (yet)."""
        del self._data[: self._next - self._base]
        self._base = self._next
        end = self._data.rfind(b"\n", 0, CHUNK_SIZE) + 1
        if end == 0:
            end = self._data.find(b"\n") + 1
        if end == 0:
            if self._data and (self._is_received() or len(self._data) > LONGEST_LINE):
                self.fail("the file holds something that is no line")
            return None
        chunk = bytes(self._data[:end])
        self._next += end
        if logging.getLogger().isEnabledFor(logging.DEBUG):
            # Klippy -v logs every comment that it passes over; blanks of the same length keep all positions.
            chunk = COMMENT_LINES.sub(lambda match: b" " * len(match.group()), chunk)
        if self._connection is not None and self._buffered() < LOW_WATER:
            self._connection.set_reading(True)
        try:
            return chunk.decode()
        except UnicodeDecodeError:
            return chunk.translate(ONLY_ASCII).decode()

    def _wait(self):
        """Waits a slice for something to come."""
        now = self._reactor.monotonic()
        if self.size is not None and self._starved_since is None:
            self._starved_since = now
            self._starved_count += 1
        self.keep_connected()
        if self.failure is None:
            self._wake = self._reactor.completion()
            self._wake.wait(now + WAIT_SLICE)
            self._wake = None

    def _ring(self):
        if self._wake is not None:
            self._wake.complete(None)

    def _connect(self, now):
        self._next_try = now + self._backoff
        self._backoff = min(LONGEST_BACKOFF, self._backoff * 2)
        request = {"job": self.job, "offset": self._received(), "version": VERSION}
        try:
            self._connection = Connection(self._reactor, self._extra.socket_path, request, self)
            self._connects += 1
        except ServiceError as e:
            self.fail(str(e))
        except OSError:
            # Not there, or not yet again: tried until patience ends, or for as long as the begun print is starved.
            pass

    def _disconnect(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Parked:
    """A print that was paused because no lines came, and what has to hold for it to go on by itself."""

    def __init__(self, file, since, targets):
        self.file = file
        self.since = since
        self.targets = targets


class LmntStream:
    """The section [lmnt_stream]."""

    cmd_STREAM_GCODE_LINE_help = "Prints an LMNT Marketplace purchase; stands in the files of the folder LMNT"

    def __init__(self, config):
        self.printer = config.get_printer()
        self.reactor = self.printer.get_reactor()
        self.gcode = self.printer.lookup_object("gcode")
        self.vsd = self.printer.load_object(config, "virtual_sdcard")
        # Closing a dialog in Mainsail and Fluidd sends RESPOND.
        self.printer.load_object(config, "respond")
        self.socket_path = os.path.expanduser(config.get("socket", DEFAULT_SOCKET))
        if len(os.fsencode(self.socket_path)) > LONGEST_SOCKET_PATH:
            raise config.error(
                f"Option 'socket' in section '{config.get_name()}' is longer than {LONGEST_SOCKET_PATH} bytes"
            )
        # How long the edge may be silent before the first line.
        self.open_timeout = config.getfloat("open_timeout", 5.0, above=0.0)
        # How long the head may stand on the print before it is parked.
        self.pause_after = config.getfloat("pause_after", 10.0, above=0.0)
        # Within which time a parked print goes on by itself; 0: never.
        self.resume_within = config.getfloat("resume_within", 120.0, minval=0.0)
        self._file = None
        self._parked = None
        self._last_status = {}
        self._watch_timer = self.reactor.register_timer(self._watch)
        self.gcode.register_command(
            "STREAM_GCODE_LINE", self.cmd_STREAM_GCODE_LINE, desc=self.cmd_STREAM_GCODE_LINE_help
        )
        self.gcode.register_command(FAIL_COMMAND, self._cmd_fail)
        self.printer.register_event_handler("klippy:connect", self._handle_connect)
        self.printer.register_event_handler("klippy:ready", self._handle_ready)
        self.printer.register_event_handler("klippy:shutdown", self._handle_end)
        self.printer.register_event_handler("klippy:disconnect", self._handle_end)

    def get_status(self, eventtime):
        """For Moonraker's subscribers: everyone on the network, so nothing of the job but its id and its size."""
        status = self._last_status if self._file is None else self._file.get_status()
        return dict(status, is_active=self._file is not None, version=VERSION)

    # Commands

    def cmd_STREAM_GCODE_LINE(self, gcmd):
        # In the g-code mutex: no waiting here. The service is connected to in read(), where PAUSE and CANCEL work.
        if not self.vsd.is_cmd_from_sd():
            raise gcmd.error("STREAM_GCODE_LINE: start the file from the printer's file list")
        if isinstance(self.vsd.current_file, StreamFile):
            raise gcmd.error("STREAM_GCODE_LINE: a job cannot start another job")
        job = gcmd.get("JOB")
        if re.match(r"[\w-]{1,64}$", job) is None:
            raise gcmd.error("STREAM_GCODE_LINE: the file names no LMNT purchase")
        stub = self.vsd.current_file
        self._parked = None
        self._file = self.vsd.current_file = StreamFile(self, stub.name, job)
        stub.close()
        # The real size comes with the answer.
        self.vsd.file_size = 0
        # Not where virtual_sdcard would go on: it seeks, in the new file, and drops what it has read of the stub.
        self.vsd.set_file_position(0)
        self.reactor.update_timer(self._watch_timer, self.reactor.NOW)

    # No docstring: Kalico would list the command in its help, and it is for read() only.
    def _cmd_fail(self, gcmd):
        file = self.vsd.current_file
        if not isinstance(file, StreamFile) or file.failure is None or not self.vsd.is_cmd_from_sd():
            return
        # Fluidd shows no error text at all, and Mainsail on one page only: a dialog shows in both, everywhere.
        self.show_dialog("LMNT", file.failure)
        raise gcmd.error("LMNT: " + file.failure)

    # What people see

    def say(self, text):
        """A line on the console; not in the log."""
        self.gcode.respond_info("LMNT: " + plain(text), log=False)

    def show_dialog(self, title, text):
        for part in (
            "prompt_begin " + plain(title),
            "prompt_text " + plain(text),
            "prompt_footer_button Close|RESPOND TYPE=command MSG=action:prompt_end|primary",
            "prompt_show",
        ):
            self.gcode.respond_raw("// action:" + part)

    def tell_layers(self, layers):
        """Lets the interfaces show "layer x of y" from the first layer on."""
        if not isinstance(layers, int) or layers < 1:
            return
        name = "SET_PRINT_STATS_INFO"
        # Not run as a script: that would wait for the g-code mutex, in a callback of the socket.
        gcmd = self.gcode.create_gcode_command(name, name, {"TOTAL_LAYER": str(layers)})
        self.vsd.print_stats.cmd_SET_PRINT_STATS_INFO(gcmd)

    # The print's life

    def file_closed(self, file):
        if self._file is file:
            self._last_status = file.get_status()
            self._file = self._parked = None

    def _watch(self, eventtime):
        """Looks after the open job while virtual_sdcard does not read: starved, parked, or ended in an error."""
        try:
            if self._file is not None and not self.printer.is_shutdown():
                self._look_after(self._file, eventtime)
        except Exception:
            logging.exception("lmnt_stream: watch")
        return self.reactor.NEVER if self._file is None else self.reactor.monotonic() + WATCH_INTERVAL

    def _look_after(self, file, eventtime):
        if self.vsd.print_stats.get_status(eventtime)["state"] == "error":
            # virtual_sdcard keeps the file until the next print, or SDCARD_RESET_FILE.
            file.let_go({"op": "close", "ended": False, "position": self.vsd.file_position})
            self.file_closed(file)
        elif self._parked is not None:
            self._look_after_parked(self._parked, eventtime)
        elif self.vsd.is_active() and file.starved_for(eventtime) > self.pause_after:
            self._park(file)

    def _park(self, file):
        targets = self._heater_targets()
        with self.gcode.get_mutex():
            now = self.reactor.monotonic()
            if self._file is not file or not self.vsd.is_active() or file.starved_for(now) < self.pause_after:
                return
            self._parked = Parked(file, now, targets)
            self.say(f"no lines came for {self.pause_after:.0f} s, pausing")
            self._run("PAUSE", "M25")

    def _look_after_parked(self, parked, eventtime):
        if self.vsd.is_active() or not self._is_paused(eventtime):
            # Someone has resumed or cancelled.
            self._parked = None
            return
        parked.file.keep_connected()
        if parked.file.failure is not None:
            self._parked = None
            self.show_dialog("LMNT", parked.file.failure)
        elif eventtime > parked.since + self.resume_within:
            self._parked = None
            self.say("the print stays paused; resume it when the LMNT service is back")
        elif parked.file.has_line():
            self._unpark(parked)

    def _unpark(self, parked):
        self._parked = None
        with self.gcode.get_mutex():
            now = self.reactor.monotonic()
            if self._file is not parked.file or self.vsd.is_active() or not self._is_paused(now):
                return
            if not self._is_on_target(parked.targets):
                self.say("the lines are back, but a heater is not on its target: resume the print yourself")
                return
            self.say("the lines are back, resuming")
            self._run("RESUME", "M24")

    def _run(self, command, without_pause_resume):
        """Runs the user's own macro where there is one; inside the g-code mutex."""
        has_pause = self.printer.lookup_object("pause_resume", None) is not None
        try:
            self.gcode.run_script_from_command(command if has_pause else without_pause_resume)
        except self.gcode.error:
            logging.exception("lmnt_stream: %s", command)

    def _is_paused(self, eventtime):
        pause_resume = self.printer.lookup_object("pause_resume", None)
        return pause_resume is None or pause_resume.get_status(eventtime)["is_paused"]

    def _heater_status(self):
        heaters = self.printer.lookup_object("heaters", None)
        names = [] if heaters is None else heaters.get_all_heaters()
        now = self.reactor.monotonic()
        return {name: self.printer.lookup_object(name).get_status(now) for name in names}

    def _heater_targets(self):
        return {name: status["target"] for name, status in self._heater_status().items()}

    def _is_on_target(self, targets):
        """Whether the heaters are as they were: a pause macro, or a long wait, may have let them cool."""
        for name, status in self._heater_status().items():
            target = targets.get(name)
            if status["target"] != target:
                return False
            if target and status["temperature"] < target - HEATER_TOLERANCE:
                return False
        return True

    # Klippy's life

    def _handle_connect(self):
        # Late, so that the heaters have made the command theirs.
        self.gcode.register_mux_command("SET_HEATER_TEMPERATURE", "HEATER", GUARD_HEATER, lambda gcmd: None)

    def _handle_ready(self):
        # A dialog of the run before would stay on every screen.
        def end_dialog(eventtime):
            if self._file is None and not self.printer.is_shutdown():
                self.gcode.respond_raw("// action:prompt_end")

        self.reactor.register_callback(end_dialog, self.reactor.monotonic() + DIALOG_END_DELAY)

    def _handle_end(self):
        # The edge hears of the shutdown from Moonraker; nothing of the job stays here.
        if self._file is not None:
            self._file.let_go()


def load_config(config):
    return LmntStream(config)
