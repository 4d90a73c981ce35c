"""
Telling the network by a program of the operator instead of a call: the one that NETWORK_COMMAND names.

It gets the message on its standard input, and says by its exit code whether that arrived: 0, and nothing else. A
message may come twice, with the same WEBHOOK_ID in the environment.
"""

import os
import signal
import subprocess
from pathlib import Path
from tempfile import TemporaryFile

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from customerflow.webhooks.models import Delivery

# What the program sees of our environment: our secrets are none of its business.
PASSED_ON = ("PATH", "HOME", "LANG", "TZ")


def check_program() -> None:
    """Raise `ValidationError` where there is no program to run."""
    if not settings.NETWORK_COMMAND:
        raise ValidationError(_("There is no program to run: whoever runs the server names one in NETWORK_COMMAND."))


def run_program(delivery: Delivery, longest_answer: int) -> tuple[int | None, str]:
    """
    Run the program with what `delivery` says; return its exit code, and what went wrong in words, nothing for success.

    What it writes is kept where it fails, so many bytes of it. A program that is not done after WEBHOOK_TIMEOUT seconds
    is killed with all that it started, and `TimeoutError` is raised.
    """
    check_program()
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment["WEBHOOK_ID"] = delivery.message_id
    # Not a pipe: what the program has started may keep one open for ever.
    with TemporaryFile() as output:
        process = subprocess.Popen(  # noqa: S603
            [settings.NETWORK_COMMAND],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=Path(settings.NETWORK_COMMAND).parent,
            env=environment,
            start_new_session=True,
        )
        try:
            process.communicate(delivery.body.encode(), timeout=settings.WEBHOOK_TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise TimeoutError from None
        output.seek(0)
        said = " ".join(output.read(longest_answer).decode(errors="replace").split())
    if process.returncode < 0:
        return None, _("It was killed by signal %(number)d. %(said)s") % {"number": -process.returncode, "said": said}
    if process.returncode:
        return process.returncode, _("Exit code %(code)d. %(said)s") % {"code": process.returncode, "said": said}
    return 0, ""
