// Applies list filters as soon as one is chosen, and keeps empty ones out of the URL.
const FOCUS = "filter-focus";
const PAUSE_AFTER_KEYS = 700;

function controls(form) {
  return [...form.elements].filter((control) => control.name);
}

function enhance(form) {
  let timer = 0;
  let byKeys = false;
  form.querySelector("[data-apply]").hidden = true;
  form.addEventListener("keydown", () => (byKeys = true));
  form.addEventListener("pointerdown", () => (byKeys = false));
  form.addEventListener("change", (event) => {
    if (event.target.tagName !== "SELECT") return;
    clearTimeout(timer);
    // Arrow keys walk through a closed select: wait until the walk ends.
    timer = setTimeout(() => form.requestSubmit(), byKeys ? PAUSE_AFTER_KEYS : 0);
  });
  form.addEventListener("submit", () => {
    if (document.activeElement?.id) sessionStorage.setItem(FOCUS, document.activeElement.id);
    for (const control of controls(form)) control.disabled = !control.value;
  });
  addEventListener("pageshow", () => {
    for (const control of controls(form)) control.disabled = false;
  });
}

for (const form of document.querySelectorAll("form[data-autosubmit]")) enhance(form);

const focused = sessionStorage.getItem(FOCUS);
sessionStorage.removeItem(FOCUS);
if (focused) document.querySelector("form[data-autosubmit]")?.elements.namedItem(focused)?.focus();
