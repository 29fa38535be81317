# Dialogs on every screen: errors, and the questions of the edge
#
# Copyright (C) 2026  LMNT Marketplace
#
# This file may be distributed under the terms of the GNU GPLv3 license.
"""Console lines that begin with "action:prompt_" are a dialog in Mainsail, Fluidd and KlipperScreen.

A dialog is open on every page and for everyone until a "prompt_end", by us or by the person who closes it. Only the
last one shown is open at a time. The user's macros show dialogs, too. So this module reads every line of the console:
the question waits until no other dialog is open, and it notices when somebody has closed it without an answer.

The edge asks by Moonraker's requests printer.lmnt_stream.ask and .withdraw, not by a command: a title from the
marketplace never becomes part of a G-code line. The answer is a command, as the dialog's buttons need, and comes to
the edge as the field `question` of our status: a state survives a lost connection, while a single call of a remote
method may be lost. Everyone who may read Klipper's output may press the button, too. A website that can only send
forms cannot: it does not know the nonce, which is a random number of the edge.
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
# Moonraker needs a moment after Klippy's start before it receives Klippy's output.
DIALOG_END_DELAY = 2.0


class Question:
    """A question of the edge. Its nonce is valid for one answer."""

    def __init__(self, web_request: WebRequest) -> None:
        """Raises the request's own error."""
        self.nonce = web_request.get_str("nonce")
        if NONCE.fullmatch(self.nonce) is None:
            raise web_request.error("lmnt_stream/ask: the nonce is invalid")
        lines = web_request.get("lines", types=(list,))
        self.lines = [plain(line) for line in lines[:MOST_LINES]]
        self.labels = {answer: plain(web_request.get_str(answer, label)) for answer, label in DEFAULT_LABELS.items()}
        # Shown after "later", for example where the print waits; also as by M117, until the question is withdrawn.
        self.note = plain(web_request.get_str("note", ""))
        # The purchase whose started print waits for the answer before its first line.
        self.job = web_request.get_str("job", "")
        self.answer: str | None = None


class Dialogs:
    """Shows all dialogs, and knows which one is open."""

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
        # Whether the print of this purchase has started, and has no line yet.
        self._is_waiting = is_waiting
        self._display = display
        self._question: Question | None = None
        # The dialog that is open now: our question, our error, or somebody else's (the last two are "other").
        self._is_question_shown = False
        self._is_error_shown = False
        self._is_other_shown = False
        self._is_sending = False
        # The interfaces close a dialog by RESPOND.
        self._printer.load_object(config, "respond")
        # No docstring and no help: it is for the dialog's buttons only.
        self._gcode.register_command(CONSENT_COMMAND, self._cmd_consent)
        self._gcode.register_output_handler(self._on_console_line)
        webhooks = self._printer.lookup_object("webhooks")
        webhooks.register_endpoint("lmnt_stream/ask", self._handle_ask)
        webhooks.register_endpoint("lmnt_stream/withdraw", self._handle_withdraw)
        self._printer.register_event_handler("klippy:ready", self._handle_ready)
        self._printer.register_event_handler("klippy:shutdown", self._drop_question)
        # Also sent before the print of any other file.
        self._printer.register_event_handler("virtual_sdcard:reset_file", self.reset)

    def show_error(self, text: str) -> None:
        """Fluidd shows no error text at all, and Mainsail on one page only: a dialog shows in both, everywhere."""
        self._is_question_shown = False
        self._is_error_shown = self._is_other_shown = True
        close = "Close|RESPOND TYPE=command MSG=action:prompt_end|primary"
        self._send_prompt("begin " + TITLE, "text " + plain(text), "footer_button " + close, "show")

    def on_print_end(self, job: str) -> None:
        """The print that the question was about has ended."""
        if self._question is not None and self._question.job == job:
            self._drop_question()

    def reset(self) -> None:
        """Closes our dialogs, since another print begins: the last error was shown, and no consent is needed."""
        self._drop_question()
        if self._is_error_shown:
            self._is_error_shown = self._is_other_shown = False
            self._send_prompt("end")

    def get_status(self) -> dict[str, Any] | None:
        """The last question; null when there is none, or it was withdrawn."""
        question = self._question
        return None if question is None else {"nonce": question.nonce, "answer": question.answer}

    # The edge's requests

    def _handle_ask(self, web_request: WebRequest) -> None:
        question = Question(web_request)
        if question.job and not self._is_waiting(question.job):
            raise web_request.error("lmnt_stream/ask: no print of this purchase waits for an answer")
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
            # The service was killed: otherwise it would have withdrawn its question. The dialog stays open.
            raise gcmd.error("LMNT: the LMNT service is not running")
        self._close_question()
        self._save_answer(question, answer)

    def _save_answer(self, question: Question, answer: str) -> None:
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
        self._send_prompt(
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
            self._send_prompt("end")

    def _drop_question(self) -> None:
        self._close_question()
        question, self._question = self._question, None
        if question is None or question.answer != "later" or not question.note:
            return
        status = self._printer.lookup_object("display_status", None)
        if status is not None and status.get_status(self._reactor.monotonic())["message"] == question.note:
            self._display("")

    def _send_prompt(self, *parts: str) -> None:
        self._is_sending = True
        try:
            for part in parts:
                self._gcode.respond_raw("// action:prompt_" + part)
        finally:
            self._is_sending = False

    def _on_console_line(self, line: str) -> None:
        """Handles console lines of others: their dialogs, and the end of the open dialog."""
        if self._is_sending or "action:prompt_" not in line:
            return
        for what in PROMPT_LINE.findall(line):
            self._is_other_shown = what == "show"
            self._is_error_shown = False
            is_closed = what == "end" and self._is_question_shown
            self._is_question_shown = False
            if is_closed and self._question is not None and self._question.answer is None:
                # Closed by its X: the same as the button "Not now".
                self._reactor.register_callback(self._answer_later(self._question))
        if not self._is_other_shown:
            # Later: the other output handlers have not received this line yet.
            self._reactor.register_callback(lambda eventtime: self._show_question())

    def _answer_later(self, question: Question) -> Callable[[float], None]:
        """Answers later: the other output handlers have not received the line that closed the dialog yet."""

        def answer(eventtime: float) -> None:
            if question.answer is None and self._question is question:
                self._save_answer(question, "later")

        return answer

    # Klippy's life

    def _is_printing(self) -> bool:
        return self._vsd.print_stats.get_status(self._reactor.monotonic())["state"] in ("printing", "paused")

    def _handle_ready(self) -> None:
        self._reactor.register_callback(self._end_old_dialog, self._reactor.monotonic() + DIALOG_END_DELAY)

    def _end_old_dialog(self, eventtime: float) -> None:
        """Closes a dialog of the previous run, which would stay on every screen."""
        if not self._is_question_shown and not self._is_other_shown and not self._printer.is_shutdown():
            self._send_prompt("end")
