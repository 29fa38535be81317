# LMNT Marketplace: the edge's methods under Moonraker's own API
#
# Copyright (C) 2026  LMNT Marketplace
#
# This file may be distributed under the terms of the GNU GPLv3 license.
"""A Moonraker component, [lmnt_marketplace]: POST /machine/lmnt_marketplace/login_user and so on.

The LMNT service (the "edge") is connected to Moonraker as an agent, and every method has its one implementation
there. Moonraker's own way to an agent, server.extensions.request, waits for ever and loses an agent's error over
HTTP; this component passes a call on, waits for a bounded time, and gives the edge's refusal its HTTP status.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Callable, Coroutine

from ..common import RequestType

if TYPE_CHECKING:
    from ..common import WebRequest
    from ..confighelper import ConfigHelper

AGENT = "lmnt_marketplace"
# Passwords and tokens are among the arguments, so these are POST: Moonraker logs the address of a failed GET.
POST_METHODS = ("login_user", "register_printer", "start_job", "cancel_job")
GET_METHODS = ("status",)
# Seconds. The edge itself answers within 10, if only to say that it took too long.
ANSWER_TIME = 15.0

NOT_CONNECTED = "The LMNT service is not connected to Moonraker. Is it running? Look at its log."
TOO_LATE = "The LMNT service did not answer in time. Try again."


class LmntMarketplace:
    def __init__(self, config: ConfigHelper) -> None:
        self.server = config.get_server()
        for method in POST_METHODS:
            self._register(method, RequestType.POST)
        for method in GET_METHODS:
            self._register(method, RequestType.GET)

    def _register(self, method: str, request_type: RequestType) -> None:
        self.server.register_endpoint(f"/machine/{AGENT}/{method}", request_type, self._forward(method))

    def _forward(self, method: str) -> Callable[[WebRequest], Coroutine[Any, Any, Any]]:
        async def forward(web_request: WebRequest) -> Any:
            return await self._call(method, web_request.get_args())

        return forward

    async def _call(self, method: str, args: dict[str, Any]) -> Any:
        agent = self.server.lookup_component("extensions").agents.get(AGENT)
        if agent is None:
            raise self.server.error(NOT_CONNECTED, 503)
        try:
            # Shielded: Moonraker would stumble over the late answer to a call that was cancelled.
            answer = asyncio.shield(agent.call_method_with_response(method, args))
            return await asyncio.wait_for(answer, ANSWER_TIME)
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
