# LMNT Marketplace: the edge's methods under Moonraker's own API
#
# Copyright (C) 2026  LMNT Marketplace
#
# This file may be distributed under the terms of the GNU GPLv3 license.
"""A Moonraker component, [lmnt_marketplace]: POST /machine/lmnt_marketplace/login_user and so on.

The LMNT service (the "edge") is connected to Moonraker as an agent, and implements every method. Moonraker's own call
of an agent, server.extensions.request, waits for ever and loses an agent's error over HTTP. This component forwards a
call, waits for a limited time, and gives the edge's error its HTTP status.
While the edge is not connected it also shows a warning in the web interfaces.

Moonraker accepts a form from any website, but checks the origin of a websocket. For each call that changes something,
the edge requires a value from the answer of status (`confirm`). This component adds it to calls by a websocket.

Python 3.7 or newer, Moonraker 0.9 or newer.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import re
from typing import TYPE_CHECKING, Any, Callable, Coroutine

import tornado.web

from ..common import RequestType
from .application import DynamicRequestHandler

if TYPE_CHECKING:
    from ..common import WebRequest
    from ..confighelper import ConfigHelper

    Callback = Callable[[WebRequest], Coroutine[Any, Any, Any]]

AGENT = "lmnt_marketplace"
# Passwords and tokens are among the arguments, so these are POST: Moonraker logs the address of a failed GET.
# fmt: off
POST_METHODS = (
    "login_user", "logout_user", "register_printer", "unregister_printer", "models", "model", "model_picture",
    "wallet", "buy_model", "purchases", "purchase", "print_profiles", "add_profile", "remove_profile",
    "prepare_model", "prepare_status", "cancel_prepare", "layer_picture", "print_model", "queue", "move_in_queue",
    "remove_from_queue", "history", "start_job", "pause_print", "resume_print", "skip_object", "cancel_job",
    "renew_token", "overview", "config", "set_config", "audit_log", "security_log",
)
# fmt: on
GET_METHODS = ("status",)
# Seconds between two checks of the edge's connection: Moonraker does not notify components about agents.
CHECK_INTERVAL = 2.0

ADVICE = "Is it running on this host? Its own log says more."
NOT_CONNECTED = f"The LMNT service is not connected to Moonraker. {ADVICE}"
TOO_LATE = "The LMNT service did not answer in time. Try again."
ODD_NAME = "An argument has a type in its name, or is given twice. Send JSON."
WARNING_ID = "lmnt_marketplace_not_connected"

# A password or token in JSON, in a Python dict, in a script inside of JSON, or in the address of a request, where its
# name may have a type (password:str=).
SECRET = re.compile(
    r"""((?:password|token)(?:(?::|%3a)\w*)?["']?\s*[:=]\s*)"""
    r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\\"[^"\\]*\\"|[^"'&\s,}\\]+)""",
    re.IGNORECASE,
)
# The text after the "?" of an address of the edge's methods: a name has many spellings there (p%61ssword).
QUERY = re.compile(r"(/(?:machine/lmnt_marketplace/\w+|server/extensions/request)\?)[^\s\"']+")
# Moonraker's error about an argument whose value does not fit the type in its name.
UNCONVERTED = re.compile(r"(Argument conversion error: Hint: .*?, Arg: ).*", re.DOTALL)


class SecretFilter(logging.Filter):
    """Keeps passwords and tokens out of Moonraker's log.

    Moonraker logs the address of a failed request, and with its option -v every request and answer as it is.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except Exception:
            # The arguments do not fit the text: the handler reports that.
            return True
        cleaned = UNCONVERTED.sub(r"\1<sanitized>", QUERY.sub(r"\1<sanitized>", message))
        cleaned = SECRET.sub(r"\1<sanitized>", cleaned)
        if cleaned != message:
            record.msg, record.args = cleaned, ()
        return True


class MethodHandler(DynamicRequestHandler):
    """A method over plain HTTP: as Moonraker's own, but each argument may be given only once, by its plain name.

    Moonraker reads `token:str=` as `token`, even where it uses `token=` itself, and uses the last of two values.
    """

    def parse_args(self) -> dict[str, Any]:
        names = [name for name, values in self.request.arguments.items() for _value in values]
        if self.request.headers.get("Content-Type", "").strip().startswith("application/json") and self.request.body:
            names += self._json_names()
        if len(set(names)) < len(names) or any(":" in name for name in names):
            raise tornado.web.HTTPError(400, reason=ODD_NAME)
        args: dict[str, Any] = super().parse_args()
        return args

    def _json_names(self) -> list[str]:
        try:
            pairs = json.loads(self.request.body, object_pairs_hook=lambda pairs: pairs)
        except (ValueError, RecursionError):
            raise tornado.web.HTTPError(400, reason="The body is not JSON.") from None
        # An object is a list of tuples here, an array a list of anything else.
        if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs):
            raise tornado.web.HTTPError(400, reason="The body is not a JSON object.")
        return [name for name, _value in pairs]


class LmntMarketplace:
    def __init__(self, config: ConfigHelper) -> None:
        self.server = config.get_server()
        # Seconds. The edge answers within 10, at least with an error.
        self.answer_timeout = config.getfloat("answer_timeout", 15.0, above=0.0)
        # Seconds. A restart of the edge, or of the whole host, should not show a warning.
        self.warn_after = config.getfloat("warn_after", 60.0, minval=0.0)
        self.absent_since: float | None = None
        self.is_warned = False
        # On the handlers, not on the logger: records of other loggers reach the root's handlers only.
        for handler in logging.getLogger().handlers:
            handler.addFilter(SecretFilter())
        self.timer = self.server.get_event_loop().register_timer(self._check_agent)
        for method in POST_METHODS:
            self._register(method, RequestType.POST)
        for method in GET_METHODS:
            self._register(method, RequestType.GET)

    async def component_init(self) -> None:
        other = self._set_rpc_callback("server.extensions.request", self._request_extension)
        self._request_any_extension: Callback = other.callback
        self.timer.start()

    def close(self) -> None:
        self.timer.stop()

    def _agent(self) -> Any:
        return self.server.lookup_component("extensions").agents.get(AGENT)

    def _check_agent(self, eventtime: float) -> float:
        """Shows the warning when the edge has been away for a while, and removes it when it is back."""
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
        return eventtime + CHECK_INTERVAL

    def _register(self, method: str, request_type: RequestType) -> None:
        path = f"/machine/{AGENT}/{method}"
        self.server.register_endpoint(path, request_type, self._forward(method, is_http=True))
        # A callback does not know whether HTTP or JSON-RPC calls it, so each has its own.
        definition = self._set_rpc_callback(path[1:].replace("/", "."), self._forward(method, is_http=False))
        application = self.server.lookup_component("application")
        options = {"api_definition": definition, "wrap_result": True, "content_type": None}
        application.mutable_router.add_handler(f"{application._route_prefix}{path}", MethodHandler, options)

    def _set_rpc_callback(self, name: str, callback: Callback) -> Any:
        """Replaces the callback of a JSON-RPC method. Returns its definition, which plain HTTP still uses."""
        rpc = self.server.lookup_component("jsonrpc")
        request_type, definition = rpc.get_method(name)
        rpc.register_method(name, request_type, dataclasses.replace(definition, callback=callback))
        return definition

    def _forward(self, method: str, is_http: bool) -> Callback:
        async def forward(web_request: WebRequest) -> Any:
            # Over plain HTTP the caller can name any connection (connection_id): that proves nothing.
            is_websocket = not is_http and web_request.get_client_connection() is not None
            return await self._call(method, web_request.get_args(), is_websocket)

        return forward

    async def _request_extension(self, web_request: WebRequest) -> Any:
        """Moonraker's server.extensions.request by JSON-RPC, with `confirm` for a websocket's call of our agent."""
        agent, args = self._agent(), web_request.get("arguments", None)
        is_ours = agent is not None and web_request.get("agent", None) == AGENT
        if not is_ours or web_request.get_client_connection() is None or not isinstance(args, (dict, type(None))):
            return await self._request_any_extension(web_request)
        args = await self._confirmed(agent, args or {})
        return await agent.call_method_with_response(web_request.get_str("method"), args)

    async def _confirmed(self, agent: Any, args: dict[str, Any]) -> dict[str, Any]:
        status = await agent.call_method_with_response("status", None)
        return {**args, "confirm": status["confirm"]} if "confirm" in status else args

    async def _call_agent(self, agent: Any, method: str, args: dict[str, Any], is_websocket: bool) -> Any:
        if is_websocket and method in POST_METHODS:
            args = await self._confirmed(agent, args)
        return await agent.call_method_with_response(method, args)

    async def _call(self, method: str, args: dict[str, Any], is_websocket: bool) -> Any:
        agent = self._agent()
        if agent is None:
            raise self.server.error(NOT_CONNECTED, 503)
        try:
            # Shielded: Moonraker fails on a late answer to a cancelled call.
            answer = asyncio.shield(self._call_agent(agent, method, args, is_websocket))
            return await asyncio.wait_for(answer, self.answer_timeout)
        except asyncio.TimeoutError:
            raise self.server.error(TOO_LATE, 504) from None
        except self.server.error as e:
            raise self._refusal(e) from None

    def _refusal(self, error: Exception) -> Exception:
        """The edge's {"code": HTTP status, "message", "data"} as Moonraker's own error.

        The exception stays the same object: JSON-RPC clients get the edge's error with its code from it.
        """
        details = getattr(error, "error_data", None)
        if not isinstance(details, dict):
            # The connection was lost during the call.
            return self.server.error(NOT_CONNECTED, 503)
        status, message = details.get("code"), details.get("message")
        is_status = isinstance(status, int) and 400 <= status <= 599
        error.status_code = status if is_status else 500
        error.args = (message if isinstance(message, str) else TOO_LATE,)
        return error


def load_component(config: ConfigHelper) -> LmntMarketplace:
    return LmntMarketplace(config)
