// Mends Django's own form widgets for screen readers: the icons of the two-list
// widget have a name but no role, and the halves of a date and time no name.
function mend() {
  for (const icon of document.querySelectorAll(".selector .help-tooltip[aria-label]")) {
    icon.setAttribute("role", "img");
  }
  for (const input of document.querySelectorAll(".datetime .vDateField, .datetime .vTimeField")) {
    const text = input.previousSibling?.textContent.trim();
    if (text && !input.labels.length) input.setAttribute("aria-label", text.replace(/:$/, ""));
  }
}

// The two lists are built by a "load" listener that came first.
addEventListener("load", () => setTimeout(mend));
