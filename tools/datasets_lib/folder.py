"""A folder of made files that is either whole and stamped, or not stamped and made again.

Files are written to the side and renamed into place; the stamp goes first and comes back last. So
a run that was interrupted is repeated, and files that others put into the folder are left alone.
"""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from datasets_lib.fault import Fault

STAMP = ".florin-dataset.json"


def is_current(folder: Path, recipe: dict[str, str]) -> bool:
    """True when the folder was made by this very recipe and every file still has its size."""
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        return stamp["recipe"] == recipe and all(
            (folder / name).stat().st_size == size for name, size in stamp["files"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def publish(folder: Path, recipe: dict[str, str], make: Callable[[Path], None]) -> None:
    """Calls make(empty folder) and moves what it wrote into `folder`, stamped with the recipe."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=folder) as name:
            partial = Path(name)
            make(partial)
            _move(partial, folder, recipe)
    except OSError as error:
        raise Fault("DATA-OUT", f"--out {folder}", "a folder that can be written", str(error),
                    "Choose another folder.") from error


def _move(partial: Path, folder: Path, recipe: dict[str, str]) -> None:
    made = sorted(path for path in partial.rglob("*") if path.is_file())
    sizes = {path.relative_to(partial).as_posix(): path.stat().st_size for path in made}
    (folder / STAMP).unlink(missing_ok=True)
    for path in made:
        target = folder / path.relative_to(partial)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, target)
    stamp = partial / STAMP
    text = json.dumps({"recipe": recipe, "files": sizes}, indent=2, sort_keys=True)
    stamp.write_text(text + "\n", encoding="utf-8")
    os.replace(stamp, folder / STAMP)
