# What a stub is, and that it is printed from its beginning only
#
# Copyright (C) 2026  LMNT Marketplace
#
# This file may be distributed under the terms of the GNU GPLv3 license.
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .stream_file import StreamFile

if TYPE_CHECKING:
    from klippy.gcode import GCodeCommand

# The stub's guard line names this "heater": on a printer without this extra the guard is a native error, where the
# unknown STREAM_GCODE_LINE alone would be passed over and the empty print called complete.
GUARD_HEATER = "lmnt_stream"

# The most bytes read of a stub, which is mostly pictures.
LARGEST_STUB = 4 * 1024 * 1024
STREAM = re.compile(r"^\s*STREAM_GCODE_LINE\s", re.IGNORECASE | re.MULTILINE)
# A recovery script after a power loss sets the head's position by this, on a printer that cannot home Z then.
RECOVERY = re.compile(r"^\s*SET_KINEMATIC_POSITION\b", re.IGNORECASE | re.MULTILINE)
FROM_THE_BEGINNING = "LMNT: a purchase is printed from its beginning only. Clear the bed, then print its file again"


def is_stub(path: str) -> bool:
    """Whether the file prints a purchase, also as a copy or with lines that people have added."""
    return STREAM.search(_text(path)) is not None


def is_recovery(path: str) -> bool:
    """Whether a script made the file from a stub, to continue a print after a power loss.

    The file would print from the first line of the job, onto the part that is on the bed.
    """
    return RECOVERY.search(_text(path)) is not None


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(LARGEST_STUB)
    except OSError:
        return ""


def refuse_seeks(gcode: Any, vsd: Any) -> None:
    """Refuses M26 in a stub or in a job: both are printed from their beginning, once."""
    seek = gcode.register_command("M26", None)
    if seek is None:
        return

    # No docstring: Kalico would list the command in its help.
    def cmd_seek(gcmd: GCodeCommand) -> None:
        file = vsd.current_file
        is_move = gcmd.get_int("S", minval=0) != vsd.file_position
        if is_move and file is not None and (isinstance(file, StreamFile) or is_stub(file.name)):
            raise gcmd.error(FROM_THE_BEGINNING)
        seek(gcmd)

    gcode.register_command("M26", cmd_seek)
