# Text that is safe on every screen
#
# Copyright (C) 2026  LMNT Marketplace
#
# This file may be distributed under the terms of the GNU GPLv3 license.
import re

LONGEST_TEXT = 200


def plain(text: object) -> str:
    """Text for the console and dialogs: the web interfaces render HTML there, and "|" divides a dialog's parts.

    The edge has cleaned it already; this protects against other programs at its socket.
    """
    printable = "".join(c if c.isprintable() else " " for c in str(text))
    words = " ".join(re.sub(r"[<>&|]", "", printable).split())
    if len(words) <= LONGEST_TEXT:
        return words
    # After the last whole word, unless that loses too much.
    end = words.rfind(" ", 0, LONGEST_TEXT + 1)
    return words[: end if end > LONGEST_TEXT // 2 else LONGEST_TEXT]
