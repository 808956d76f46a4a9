#!/usr/bin/env python3
"""The one command line of Assay: prepares its environment, then hands over to Django."""

import os
import sys

import bootstrap


def main() -> None:
    """Run a management command in the prepared environment."""
    bootstrap.prepare(sys.argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mdm.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
