# Dialogs on every screen: an error that is told, and the questions of the edge
#
# Copyright (C) 2026  LMNT Marketplace
#
# This file may be distributed under the terms of the GNU GPLv3 license.
"""Console lines that begin with "action:prompt_" are a dialog in Mainsail, Fluidd and KlipperScreen.

It stands on every page and with everyone until "prompt_end" is said, by us or by whoever closes it; there is one at a
time, the last one that was shown. Macros of the user's show dialogs, too. So every line of the console is listened to
here: the question waits until no other dialog stands, and it knows when somebody has closed it unanswered.

The edge asks by Moonraker's requests printer.lmnt_stream.ask and .withdraw, not by a command: a title from the
marketplace never becomes part of a G-code line. The answer is a command, as the dialog's buttons need, and comes to
the edge as the field `question` of our status: a state, which survives a lost connection, where a remote method that
is called once may be lost. Everyone who may read what Klipper says may press the button, too. A website that can only
send forms cannot: it does not know the nonce, which is the edge's own random number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable

from .plain import plain

if TYPE_CHECKING:
    from klippy.configfile import ConfigWrapper
    from klippy.gcode import GCodeCommand
    from klippy.webhooks import WebRequest

CONSENT_COMMAND = "LMNT_CONSENT"
ANSWERS = ("start", "later")
DEFAULT_LABELS = {"start": "Start", "later": "Not now"}

TITLE = "LMNT Marketplace"
MOST_LINES = 6
PROMPT_LINE = re.compile(r"^// action:prompt_(show|end)\b", re.MULTILINE)
NONCE = re.compile(r"[0-9A-Za-z]{16,64}")
# Moonraker needs a moment after Klippy's start before it hears what Klippy says.
DIALOG_END_DELAY = 2.0


class Question:
    """What the edge asks. The nonce is good for one answer."""

    def __init__(self, web_request: WebRequest) -> None:
        """Raises the request's own error."""
        self.nonce = web_request.get_str("nonce")
        if NONCE.fullmatch(self.nonce) is None:
            raise web_request.error("lmnt_stream/ask: that is no nonce")
        lines = web_request.get("lines", types=(list,))
        self.lines = [plain(line) for line in lines[:MOST_LINES]]
        self.labels = {answer: plain(web_request.get_str(answer, label)) for answer, label in DEFAULT_LABELS.items()}
        # What people read after "later": where it waits, say. Also where M117 shows, until the question is withdrawn.
        self.note = plain(web_request.get_str("note", ""))
        # The purchase whose print, started and not begun, waits for the answer.
        self.job = web_request.get_str("job", "")
        self.answer: str | None = None


class Dialogs:
    """The one place that shows dialogs, and knows which of them stands."""

    def __init__(
        self,
        config: ConfigWrapper,
        vsd: Any,
        is_service_there: Callable[[], bool],
        is_waiting: Callable[[str], bool],
        display: Callable[[str], None],
    ) -> None:
        self._printer = config.get_printer()
        self._reactor = self._printer.get_reactor()
        self._gcode = self._printer.lookup_object("gcode")
        self._vsd = vsd
        self._is_service_there = is_service_there
        # Whether the print of this purchase is started, and has no line yet.
        self._is_waiting = is_waiting
        self._display = display
        self._question: Question | None = None
        # What stands on the screens now: our question, or another dialog: our error, or one of others'.
        self._is_question_shown = False
        self._is_error_shown = False
        self._is_other_shown = False
        self._is_speaking = False
        # What closes a dialog in the interfaces is RESPOND.
        self._printer.load_object(config, "respond")
        # No docstring and no help: it is for the dialog's buttons only.
        self._gcode.register_command(CONSENT_COMMAND, self._cmd_consent)
        self._gcode.register_output_handler(self._on_console_line)
        webhooks = self._printer.lookup_object("webhooks")
        webhooks.register_endpoint("lmnt_stream/ask", self._handle_ask)
        webhooks.register_endpoint("lmnt_stream/withdraw", self._handle_withdraw)
        self._printer.register_event_handler("klippy:ready", self._handle_ready)
        self._printer.register_event_handler("klippy:shutdown", self._drop_question)
        # Also sent when any file is about to be printed, by whomever.
        self._printer.register_event_handler("virtual_sdcard:reset_file", self.start_afresh)

    def show_error(self, text: str) -> None:
        """Fluidd shows no error text at all, and Mainsail on one page only: a dialog shows in both, everywhere."""
        self._is_question_shown = False
        self._is_error_shown = self._is_other_shown = True
        close = "Close|RESPOND TYPE=command MSG=action:prompt_end|primary"
        self._speak("begin " + TITLE, "text " + plain(text), "footer_button " + close, "show")

    def print_over(self, job: str) -> None:
        """The print that the question was about has ended."""
        if self._question is not None and self._question.job == job:
            self._drop_question()

    def start_afresh(self) -> None:
        """Another print begins: what the last one died of is told, and it needs no consent any more."""
        self._drop_question()
        if self._is_error_shown:
            self._is_error_shown = self._is_other_shown = False
            self._speak("end")

    def get_status(self) -> dict[str, Any] | None:
        """The question that was asked last; null when there is none, or it was withdrawn."""
        question = self._question
        return None if question is None else {"nonce": question.nonce, "answer": question.answer}

    # The edge's requests

    def _handle_ask(self, web_request: WebRequest) -> None:
        question = Question(web_request)
        if question.job and not self._is_waiting(question.job):
            raise web_request.error("lmnt_stream/ask: no print waits for that")
        if not question.job and self._is_printing():
            raise web_request.error("lmnt_stream/ask: the printer is printing")
        if self._question is None or self._question.nonce != question.nonce:
            self._drop_question()
            self._question = question
            self._show_question()
        web_request.send({"asked": True})

    def _handle_withdraw(self, web_request: WebRequest) -> None:
        nonce = web_request.get_str("nonce")
        if self._question is not None and self._question.nonce == nonce:
            self._drop_question()
        web_request.send({"withdrawn": True})

    # The answer

    def _cmd_consent(self, gcmd: GCodeCommand) -> None:
        question = self._question
        if question is None or question.answer is not None or gcmd.get("NONCE", "") != question.nonce:
            raise gcmd.error("LMNT: this question is not open, or not any more")
        answer = gcmd.get("ANSWER", "").lower()
        if answer not in ANSWERS:
            raise gcmd.error(f"{CONSENT_COMMAND}: ANSWER is one of {', '.join(ANSWERS)}")
        if answer == "start" and not self._is_service_there():
            # It was killed, or it would have taken its question back. The dialog stays, to be pressed again.
            raise gcmd.error("LMNT: the LMNT service is not running")
        self._close_question()
        self._take_answer(question, answer)

    def _take_answer(self, question: Question, answer: str) -> None:
        question.answer = answer
        subject = question.lines[0] if question.lines else TITLE
        self._gcode.respond_info(f"LMNT: {subject} {question.labels[answer]}", log=False)
        if answer == "later" and question.note:
            self._gcode.respond_info(f"LMNT: {question.note}", log=False)
            self._display(question.note)

    # Dialogs

    def _show_question(self) -> None:
        question = self._question
        if question is None or question.answer is not None or self._is_other_shown:
            return
        self._is_question_shown = True
        command = f"{CONSENT_COMMAND} NONCE={question.nonce} ANSWER="
        # In the body, since Mainsail fills a button's colour there only: see the README.
        self._speak(
            "begin " + TITLE,
            # One text: KlipperScreen shows the last one only.
            "text " + " ".join(question.lines),
            "button_group_start",
            f"button {question.labels['later']}|{command}later|secondary",
            f"button {question.labels['start']}|{command}start|primary",
            "button_group_end",
            "show",
        )

    def _close_question(self) -> None:
        if self._is_question_shown:
            self._is_question_shown = False
            self._speak("end")

    def _drop_question(self) -> None:
        self._close_question()
        question, self._question = self._question, None
        if question is None or question.answer != "later" or not question.note:
            return
        status = self._printer.lookup_object("display_status", None)
        if status is not None and status.get_status(self._reactor.monotonic())["message"] == question.note:
            self._display("")

    def _speak(self, *parts: str) -> None:
        self._is_speaking = True
        try:
            for part in parts:
                self._gcode.respond_raw("// action:prompt_" + part)
        finally:
            self._is_speaking = False

    def _on_console_line(self, line: str) -> None:
        """What others say on the console: a dialog of theirs, or that somebody has closed the one that stands."""
        if self._is_speaking or "action:prompt_" not in line:
            return
        for what in PROMPT_LINE.findall(line):
            self._is_other_shown = what == "show"
            self._is_error_shown = False
            is_closed = what == "end" and self._is_question_shown
            self._is_question_shown = False
            if is_closed and self._question is not None and self._question.answer is None:
                # By the X: the same as the button, and in the same words.
                self._reactor.register_callback(self._answer_later(self._question))
        if not self._is_other_shown:
            # Not from here: the others who listen have yet to hear this line.
            self._reactor.register_callback(lambda eventtime: self._show_question())

    def _answer_later(self, question: Question) -> Callable[[float], None]:
        """Not at once: the others who listen to the console have yet to hear the line that closed the dialog."""

        def answer(eventtime: float) -> None:
            if question.answer is None and self._question is question:
                self._take_answer(question, "later")

        return answer

    # Klippy's life

    def _is_printing(self) -> bool:
        return self._vsd.print_stats.get_status(self._reactor.monotonic())["state"] in ("printing", "paused")

    def _handle_ready(self) -> None:
        self._reactor.register_callback(self._end_old_dialog, self._reactor.monotonic() + DIALOG_END_DELAY)

    def _end_old_dialog(self, eventtime: float) -> None:
        """A dialog of the run before would stay on every screen."""
        if not self._is_question_shown and not self._is_other_shown and not self._printer.is_shutdown():
            self._speak("end")
