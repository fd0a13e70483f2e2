from __future__ import annotations

from django import template

from apikeys.pages import changes, display

register = template.Library()
register.filter("ago", display.ago)
register.filter("day", display.day)
register.filter("exact", display.exact)
register.filter("changes", changes.changes_html)
register.filter("local_times", display.with_local_times)
