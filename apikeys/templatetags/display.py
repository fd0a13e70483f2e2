from __future__ import annotations

from django import template

from apikeys.pages import display

register = template.Library()
register.filter("ago", display.ago)
register.filter("day", display.day)
register.filter("exact", display.exact)
register.filter("local_times", display.with_local_times)
register.filter("changes", display.changes_html)
