# LMNT Marketplace: the edge's methods under Moonraker's own API
#
# Copyright (C) 2026  LMNT Marketplace
#
# This file may be distributed under the terms of the GNU GPLv3 license.
"""A Moonraker component, [lmnt_marketplace]: POST /machine/lmnt_marketplace/login_user and so on.

The LMNT service (the "edge") is connected to Moonraker as an agent, and every method has its one implementation
there. Moonraker's own way to an agent, server.extensions.request, waits for ever and loses an agent's error over
HTTP; this component passes a call on, waits for a bounded time, and gives the edge's refusal its HTTP status.
While the edge is not connected it also shows a warning in the web interfaces.

Python 3.7 or newer, Moonraker 0.9 or newer.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING, Any, Callable, Coroutine

from ..common import RequestType

if TYPE_CHECKING:
    from ..common import WebRequest
    from ..confighelper import ConfigHelper

AGENT = "lmnt_marketplace"
# Passwords and tokens are among the arguments, so these are POST: Moonraker logs the address of a failed GET.
POST_METHODS = (
    "login_user",
    "logout_user",
    "register_printer",
    "unregister_printer",
    "purchases",
    "prepare_model",
    "print_model",
    "queue",
    "history",
    "start_job",
    "cancel_job",
    "renew_token",
    "config",
    "set_config",
    "audit_log",
)
GET_METHODS = ("status",)
# Seconds between two looks at whether the edge is connected: Moonraker tells no component when an agent comes or goes.
LOOK_INTERVAL = 2.0

ADVICE = "Is it running on this host? Its own log says more."
NOT_CONNECTED = f"The LMNT service is not connected to Moonraker. {ADVICE}"
TOO_LATE = "The LMNT service did not answer in time. Try again."
WARNING_ID = "lmnt_marketplace_not_connected"

# A password or token as it stands in JSON, in a Python dict, in a script inside of JSON, in the address of a request.
SECRET = re.compile(
    r"""((?:password|token)["']?\s*[:=]\s*)"""
    r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\\"[^"\\]*\\"|[^"'&\s,}\\]+)""",
    re.IGNORECASE,
)


class SecretFilter(logging.Filter):
    """Keeps passwords and tokens out of Moonraker's log.

    Moonraker logs the address of a failed request, and with its option -v every request and answer as it is.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except Exception:
            # Arguments that do not fit the text: the handler tells of those.
            return True
        cleaned = SECRET.sub(r"\1<sanitized>", message)
        if cleaned != message:
            record.msg, record.args = cleaned, ()
        return True


class LmntMarketplace:
    def __init__(self, config: ConfigHelper) -> None:
        self.server = config.get_server()
        # Seconds. The edge itself answers within 10, if only to say that it took too long.
        self.answer_timeout = config.getfloat("answer_timeout", 15.0, above=0.0)
        # Seconds. A restart of the edge, or of the whole host, is no reason for a warning.
        self.warn_after = config.getfloat("warn_after", 60.0, minval=0.0)
        self.absent_since: float | None = None
        self.is_warned = False
        # On the handlers, not on the logger: what other loggers hand up to the root passes only those.
        for handler in logging.getLogger().handlers:
            handler.addFilter(SecretFilter())
        self.timer = self.server.get_event_loop().register_timer(self._look)
        for method in POST_METHODS:
            self._register(method, RequestType.POST)
        for method in GET_METHODS:
            self._register(method, RequestType.GET)

    async def component_init(self) -> None:
        self.timer.start()

    def close(self) -> None:
        self.timer.stop()

    def _agent(self) -> Any:
        return self.server.lookup_component("extensions").agents.get(AGENT)

    def _look(self, eventtime: float) -> float:
        """Shows the warning when the edge has been away for a while, and takes it back when it is there."""
        if self._agent() is not None:
            self.absent_since = None
            if self.is_warned:
                self.server.remove_warning(WARNING_ID)
                self.is_warned = False
        elif self.absent_since is None:
            self.absent_since = eventtime
        elif not self.is_warned and eventtime - self.absent_since >= self.warn_after:
            self.server.add_warning(f"[{AGENT}]: {NOT_CONNECTED}", WARNING_ID)
            self.is_warned = True
        return eventtime + LOOK_INTERVAL

    def _register(self, method: str, request_type: RequestType) -> None:
        self.server.register_endpoint(f"/machine/{AGENT}/{method}", request_type, self._forward(method))

    def _forward(self, method: str) -> Callable[[WebRequest], Coroutine[Any, Any, Any]]:
        async def forward(web_request: WebRequest) -> Any:
            return await self._call(method, web_request.get_args())

        return forward

    async def _call(self, method: str, args: dict[str, Any]) -> Any:
        agent = self._agent()
        if agent is None:
            raise self.server.error(NOT_CONNECTED, 503)
        try:
            # Shielded: Moonraker would stumble over the late answer to a call that was cancelled.
            answer = asyncio.shield(agent.call_method_with_response(method, args))
            return await asyncio.wait_for(answer, self.answer_timeout)
        except asyncio.TimeoutError:
            raise self.server.error(TOO_LATE, 504) from None
        except self.server.error as e:
            raise self._refusal(e) from None

    def _refusal(self, error: Exception) -> Exception:
        """The edge's {"code": HTTP status, "message", "data"} as Moonraker's own error.

        It stays the same exception: JSON-RPC clients are given the edge's error, with its stable code, from there.
        """
        details = getattr(error, "error_data", None)
        if not isinstance(details, dict):
            # The connection was lost while the edge worked on it.
            return self.server.error(NOT_CONNECTED, 503)
        status, message = details.get("code"), details.get("message")
        is_status = isinstance(status, int) and 400 <= status <= 599
        error.status_code = status if is_status else 500
        error.args = (message if isinstance(message, str) else TOO_LATE,)
        return error


def load_component(config: ConfigHelper) -> LmntMarketplace:
    return LmntMarketplace(config)
