# Dialogs on every screen: an error that is told, and the question whether a print may begin
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
is called once may be lost. Everyone on the network may look at it, and may press the button, too: it is consent, and
spends nothing.
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

PROMPT_LINE = re.compile(r"^// action:prompt_(show|end)\b", re.MULTILINE)
NONCE = re.compile(r"[0-9A-Za-z]{16,64}")
# Moonraker needs a moment after Klippy's start before it hears what Klippy says.
DIALOG_END_DELAY = 2.0


class Question:
    """Whether this print may begin. The nonce is good for one answer."""

    def __init__(self, nonce: str, title: str) -> None:
        self.nonce = nonce
        self.title = title
        self.answer: str | None = None


class Dialogs:
    """The one place that shows dialogs, and knows which of them stands."""

    def __init__(self, config: ConfigWrapper, vsd: Any, is_service_there: Callable[[], bool]) -> None:
        self._printer = config.get_printer()
        self._reactor = self._printer.get_reactor()
        self._gcode = self._printer.lookup_object("gcode")
        self._vsd = vsd
        self._is_service_there = is_service_there
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
        self._gcode.register_output_handler(self._hear)
        webhooks = self._printer.lookup_object("webhooks")
        webhooks.register_endpoint("lmnt_stream/ask", self._handle_ask)
        webhooks.register_endpoint("lmnt_stream/withdraw", self._handle_withdraw)
        self._printer.register_event_handler("klippy:ready", self._handle_ready)
        self._printer.register_event_handler("klippy:shutdown", self._drop_question)
        # Also sent when any file is about to be printed, by whomever.
        self._printer.register_event_handler("virtual_sdcard:reset_file", self.start_afresh)

    def tell_error(self, text: str) -> None:
        """Fluidd shows no error text at all, and Mainsail on one page only: a dialog shows in both, everywhere."""
        self._is_question_shown = False
        self._is_error_shown = self._is_other_shown = True
        close = "Close|RESPOND TYPE=command MSG=action:prompt_end|primary"
        self._speak("begin LMNT", "text " + plain(text), "footer_button " + close, "show")

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
        nonce = web_request.get_str("nonce")
        if NONCE.fullmatch(nonce) is None:
            raise web_request.error("lmnt_stream/ask: that is no nonce")
        question = Question(nonce, plain(web_request.get_str("title")))
        if self._is_printing():
            raise web_request.error("lmnt_stream/ask: the printer is printing")
        if self._question is None or self._question.nonce != nonce:
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
        question.answer = answer
        self._close_question()
        words = "starting" if answer == "start" else "it waits in the file list:"
        self._gcode.respond_info(f"LMNT: {words} {question.title}", log=False)

    # Dialogs

    def _show_question(self) -> None:
        question = self._question
        if question is None or question.answer is not None or self._is_other_shown:
            return
        self._is_question_shown = True
        command = f"{CONSENT_COMMAND} NONCE={question.nonce} ANSWER="
        self._speak(
            "begin LMNT Marketplace",
            f"text Print {question.title}?",
            "text It was sent from the marketplace. Is the bed clear?",
            f"footer_button Not now|{command}later",
            f"footer_button Start|{command}start|primary",
            "show",
        )

    def _close_question(self) -> None:
        if self._is_question_shown:
            self._is_question_shown = False
            self._speak("end")

    def _drop_question(self) -> None:
        self._close_question()
        self._question = None

    def _speak(self, *parts: str) -> None:
        self._is_speaking = True
        try:
            for part in parts:
                self._gcode.respond_raw("// action:prompt_" + part)
        finally:
            self._is_speaking = False

    def _hear(self, line: str) -> None:
        """What others say on the console: a dialog of theirs, or that somebody has closed the one that stands."""
        if self._is_speaking or "action:prompt_" not in line:
            return
        for what in PROMPT_LINE.findall(line):
            self._is_other_shown = what == "show"
            self._is_error_shown = False
            if what == "end" and self._is_question_shown and self._question is not None:
                # Closed without an answer.
                self._question.answer = "later"
            self._is_question_shown = False
        if not self._is_other_shown:
            # Not from here: the others who listen have yet to hear this line.
            self._reactor.register_callback(lambda eventtime: self._show_question())

    # Klippy's life

    def _is_printing(self) -> bool:
        return self._vsd.print_stats.get_status(self._reactor.monotonic())["state"] in ("printing", "paused")

    def _handle_ready(self) -> None:
        self._reactor.register_callback(self._end_old_dialog, self._reactor.monotonic() + DIALOG_END_DELAY)

    def _end_old_dialog(self, eventtime: float) -> None:
        """A dialog of the run before would stay on every screen."""
        if not self._is_question_shown and not self._is_other_shown and not self._printer.is_shutdown():
            self._speak("end")
