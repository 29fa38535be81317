"""KIAUH's extension for LMNT Marketplace: downloads a release and runs its install.sh, which does everything else."""

from __future__ import annotations

import hashlib
import platform
import subprocess
import tempfile
import urllib.request
import zipfile
from pathlib import Path

from core.logger import Logger
from extensions.base_extension import BaseExtension

INSTALLED = Path.home() / "lmnt-edge" / "install.sh"
# dpkg's architecture, since a 64-bit kernel may run a 32-bit system.
ARCHIVES = {"arm64": "arm64", "armhf": "armv7l", "amd64": "x64"}


class LmntExtension(BaseExtension):
    def install_extension(self, **kwargs) -> None:
        """Downloads the newest release for this host, checks it, and runs its installer."""
        marketplace = input("Address of the marketplace (https://...): ").strip()
        try:
            with tempfile.TemporaryDirectory() as folder:
                self._download(Path(folder))
                run_installer(Path(folder) / "setup" / "install.sh", "--marketplace", marketplace)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            Logger.print_error(f"LMNT could not be installed: {error}")

    def update_extension(self, **kwargs) -> None:
        self._run_installed("--update")

    def remove_extension(self, **kwargs) -> None:
        self._run_installed("--uninstall")

    def _run_installed(self, option: str) -> None:
        if not INSTALLED.is_file():
            Logger.print_error(f"LMNT is not installed: {INSTALLED} is missing.")
            return
        try:
            run_installer(INSTALLED, option)
        except (OSError, subprocess.SubprocessError) as error:
            Logger.print_error(f"install.sh {option} did not end well: {error}")

    def _download(self, folder: Path) -> None:
        releases = f"{self.metadata['repo']}/releases/latest/download"
        name = f"lmnt-edge-{architecture()}.zip"
        for file in (name, "SHA256SUMS"):
            Logger.print_status(f"Downloading {file} ...")
            urllib.request.urlretrieve(f"{releases}/{file}", folder / file)
        require_checksum(folder / name, (folder / "SHA256SUMS").read_text())
        with zipfile.ZipFile(folder / name) as archive:
            archive.extractall(folder / "setup")


def architecture() -> str:
    answer = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    name = ARCHIVES.get(answer.stdout.strip())
    if name is None:
        raise ValueError(f"there is no release for {answer.stdout.strip()} ({platform.machine()})")
    return name


def require_checksum(archive: Path, sums: str) -> None:
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if f"{digest}  {archive.name}" not in sums.splitlines():
        raise ValueError(f"{archive.name} has another checksum than SHA256SUMS says")


def run_installer(script: Path, *options: str) -> None:
    subprocess.run(["bash", str(script), *options], check=True)
