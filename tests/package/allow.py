"""A person who uses assistive technology: allow.py PID finds the window that asks, through AT-SPI, and presses Allow.

Says `disabled` once the button is found and cannot be pressed yet, waits until it can be, presses it and says `pressed`.
"""

import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib

PATIENCE = 20


def below(node):
    """Every element of an application, as far as it answers."""
    yield node
    try:
        children = [node.get_child_at_index(i) for i in range(node.get_child_count())]
    except GLib.Error:
        return
    for child in children:
        if child is not None:
            yield from below(child)


def find_allow(pid):
    desktop = Atspi.get_desktop(0)
    for i in range(desktop.get_child_count()):
        app = desktop.get_child_at_index(i)
        if app is None or app.get_process_id() != pid:
            continue
        for node in below(app):
            if node.get_role_name() in ("push button", "button") and node.get_name() == "Allow":
                return node
    return None


def can_be_pressed(button):
    button.clear_cache_single()
    return button.get_state_set().contains(Atspi.StateType.SENSITIVE)


def wait_for(what, look):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            found = look()
        except GLib.Error:
            found = None
        if found:
            return found
        time.sleep(0.05)
    sys.exit(f"waited in vain: {what}")


allow = wait_for("a button called Allow", lambda: find_allow(int(sys.argv[1])))
if can_be_pressed(allow):
    sys.exit("Allow can be pressed before the window has the focus")
print("disabled", flush=True)
wait_for("Allow can be pressed", lambda: can_be_pressed(allow))
if not allow.get_action_iface().do_action(0):
    sys.exit("Allow does nothing")
print("pressed", flush=True)
