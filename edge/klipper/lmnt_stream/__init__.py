# Prints LMNT Marketplace jobs, whose lines come from the LMNT service (the "edge") on this host
#
# Copyright (C) 2026  LMNT Marketplace
#
# This file may be distributed under the terms of the GNU GPLv3 license.
"""A Klipper extra: the stub in the file list names a purchase, the lines come through a private unix socket.

The stub is an ordinary small file. Printed by the stock virtual_sdcard, its last command, STREAM_GCODE_LINE, swaps
the open stub for a file object (StreamFile) that reads from the edge. Everything else (state, progress, pause,
resume, cancel, errors, history) is Klipper's own, nothing is patched, and the lines pass through no API and no log.

It all runs in Klippy's one thread, in greenlets of its reactor. Four kinds of callers, with their rules:
- virtual_sdcard calls read() and seek() from its work handler. Waiting is allowed in read(), in slices; seek() must
  never raise, or the printer would stay "printing" for ever.
- The reactor calls back when the socket has data. No exception may escape such a callback: it would end Klippy.
- Commands hold the g-code mutex: no waiting there, or PAUSE and CANCEL would wait, too.
- Moonraker's requests (dialogs.py): an exception other than the request's own error would shut the printer down.

Standard library only, Python 3.7 or newer, mainline Klipper and Kalico.
"""

from .extra import load_config

__all__ = ["load_config"]
