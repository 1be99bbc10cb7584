"""Presses Allow as assistive technology does: allow.py PID

Finds the button in the windows of that process through AT-SPI and says `disabled`, for it must not be ready at once.
Waits until it can be pressed, presses it and says `pressed`.
"""

import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib

PATIENCE = 20  # seconds

# A web view that stands still must not hold this up.
Atspi.set_timeout(500, 500)


def below(node):
    """Every element under one, as far as they answer."""
    try:
        children = [node.get_child_at_index(i) for i in range(node.get_child_count())]
    except GLib.Error:
        return
    for child in children:
        if child is not None:
            yield child
            yield from below(child)


def of_process(app, pid):
    try:
        return app.get_process_id() == pid
    except GLib.Error:
        return False


def is_allow(node):
    try:
        return node.get_name() == "Allow" and node.get_role() == Atspi.Role.PUSH_BUTTON
    except GLib.Error:
        return False


def can_be_pressed(button):
    button.clear_cache()
    return button.get_state_set().contains(Atspi.StateType.SENSITIVE)


def find_allow(pid):
    desktop = Atspi.get_desktop(0)
    apps = [desktop.get_child_at_index(i) for i in range(desktop.get_child_count())]
    nodes = (node for app in apps if app is not None and of_process(app, pid) for node in below(app))
    return next(filter(is_allow, nodes), None)


def wait_for(what, look):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    sys.exit(f"waited in vain: {what}")


allow = wait_for("a button called Allow", lambda: find_allow(int(sys.argv[1])))
if can_be_pressed(allow):
    sys.exit("Allow can be pressed before the window has the focus")
print("disabled", flush=True)
wait_for("Allow can be pressed", lambda: can_be_pressed(allow))
if not allow.do_action(0):
    sys.exit("Allow does nothing")
print("pressed", flush=True)
