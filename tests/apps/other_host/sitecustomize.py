"""Gives the processes that find this file on their path another host's name."""

import os
import socket

_name = os.environ.get("TEST_HOST")
if _name:
    socket.gethostname = lambda: _name
