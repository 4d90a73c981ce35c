"""
Fuzz the readers of files with atheris, which is no part of the requirements: pip install atheris.

    python -m benchmarks.fuzz_loads SECONDS FOLDER

Every input is read as a file of each kind. Anything but rows, `FileRefusedError` or `CannotRunError` ends the run, and
the input that did it is kept as `crash-...`. Inputs that reach something new are kept in FOLDER; it begins with the
small corpus in `customerflow/loads/tests/corpus`, which an ordinary test replays.
"""

import os
import sys
import tempfile
from pathlib import Path

CORPUS = Path(__file__).parent.parent / "customerflow" / "loads" / "tests" / "corpus"


def main() -> None:
    """Fuzz for as many seconds as the command line says."""
    import atheris

    os.environ |= {"DJANGO_SETTINGS_MODULE": "customerflow.settings", "DEBUG": "yes", "SECRET_KEY": "fuzz"}
    with atheris.instrument_imports(include=["customerflow.loads", "zipfile", "gzip", "json"]):
        import django

        django.setup()
        from customerflow.loads.tests.torture import torture

    seconds, kept = sys.argv[1:]
    Path(kept).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        options = [
            f"-max_total_time={seconds}",
            "-max_len=4096",
            "-timeout=60",
            "-rss_limit_mb=1024",
            f"-artifact_prefix={kept}/",
        ]
        atheris.Setup([sys.argv[0], kept, str(CORPUS), *options], lambda content: torture(Path(folder), content))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
