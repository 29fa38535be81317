"""Runs the code of Moonraker's update manager that replaces a program by an archive and reads its release_info.json.

Usage: moonraker_update.py PROGRAM_FOLDER ARCHIVE OWNER/NAME. Prints as JSON what Moonraker has found.
"""

import asyncio
import json
import pathlib
import sys
import tempfile
from types import SimpleNamespace

from moonraker.components.update_manager.common import AppType
from moonraker.components.update_manager.net_deploy import NetDeploy


class Loop:
    async def run_in_thread(self, call, *args):
        return call(*args)


async def update(program: pathlib.Path, archive: pathlib.Path, repo: str) -> dict:
    deploy = NetDeploy.__new__(NetDeploy)
    deploy.server = SimpleNamespace(get_event_loop=Loop, is_debug_enabled=lambda: False)
    deploy.prefix = ""
    deploy.name = "lmnt-edge"
    deploy.type = AppType.ZIP
    deploy.path = program
    deploy.repo = repo
    deploy.owner, deploy.project_name = repo.split("/")
    deploy.persistent_files = []
    deploy.warnings = []
    deploy.anomalies = []
    deploy._path_writable = True
    with tempfile.TemporaryDirectory() as folder:
        deploy._extract_release(pathlib.Path(folder, "kept"), archive)
    await deploy._validate_release_info()
    return {
        "is_valid": deploy._is_valid,
        "version": deploy.version,
        "asset": deploy.asset_name,
        "complaints": deploy.warnings + deploy.anomalies,
    }


print(json.dumps(asyncio.run(update(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]))))
