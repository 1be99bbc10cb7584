#!/usr/bin/python3
"""Prints what a screen reader is told by the windows of a process, one line for each thing, from top to bottom."""
import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi


def read(node, lines, depth=0):
    if depth > 60:
        return
    name, role = node.get_name() or "", node.get_role_name()
    text = node.get_text_iface() if name == "" else None
    if text is not None:
        count = Atspi.Text.get_character_count(text)
        name = Atspi.Text.get_text(text, 0, count).replace("\ufffc", "")
    if name.strip():
        lines.append(f"{role}: {' '.join(name.split())}")
    # What is read with it at once.
    if role in ("alert", "dialog") and node.get_description():
        lines.append(f"described: {' '.join(node.get_description().split())}")
    for at in range(node.get_child_count()):
        child = node.get_child_at_index(at)
        if child is not None:
            read(child, lines, depth + 1)


desktop = Atspi.get_desktop(0)
lines = []
for at in range(desktop.get_child_count()):
    application = desktop.get_child_at_index(at)
    if application is not None and application.get_process_id() == int(sys.argv[1]):
        read(application, lines)
print("\n".join(lines))
