#!/usr/bin/python3
"""Presses a button of a process as assistive technology does, once it can be pressed: press.py PID NAME"""
import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib

PATIENCE = 20  # seconds


def below(node):
    yield node
    for at in range(node.get_child_count()):
        child = node.get_child_at_index(at)
        if child is not None:
            yield from below(child)


def is_it(node):
    # Names keep what programs chose apart from the direction of the sentence (FSI … PDI).
    name = (node.get_name() or "").replace("\u2068", "").replace("\u2069", "")
    return name == sys.argv[2] and node.get_role() == Atspi.Role.PUSH_BUTTON and node.get_state_set().contains(Atspi.StateType.SENSITIVE)


def find():
    desktop = Atspi.get_desktop(0)
    for at in range(desktop.get_child_count()):
        application = desktop.get_child_at_index(at)
        if application is not None and application.get_process_id() == int(sys.argv[1]):
            return next(filter(is_it, below(application)), None)


end = time.monotonic() + PATIENCE
while time.monotonic() < end:
    try:
        button = find()
        if button is not None and button.do_action(0):
            sys.exit(0)
    except GLib.Error:
        pass  # a window that just closed
    time.sleep(0.05)
sys.exit(f"waited in vain: a button called {sys.argv[2]}")
