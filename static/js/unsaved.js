// Knows of each form[data-unsaved] whether something was typed and not sent: such a
// form has data-changed. Leaving the page then asks; dialog.js asks before it closes.
// data-unsaved="changed" is a form that came with what was typed before.
const texts = document.getElementById("script-texts").dataset;
const first = new WeakMap();

function values(form) {
  // What is asked of the try-out is nothing that could be saved.
  const asked = document.querySelectorAll(`[data-try="${form.id}"] [name]`);
  const left = new Set(["csrfmiddlewaretoken", ...[...asked].map((control) => control.name)]);
  const pairs = [...new FormData(form)].filter(([name]) => !left.has(name));
  return JSON.stringify(pairs.map(([name, value]) => [name, typeof value === "string" ? value : value.name]));
}

function remember(form) {
  if (first.has(form)) return;
  first.set(form, form.dataset.unsaved === "changed" ? null : values(form));
  follow(form);
}

function follow(form) {
  const changed = first.get(form) !== values(form);
  form.toggleAttribute("data-changed", changed);
  const hint = form.querySelector("[data-unsaved-hint]");
  const text = changed ? texts.unsaved : "";
  if (hint && hint.textContent !== text) hint.textContent = text;
}

function enhance(root) {
  for (const form of root.querySelectorAll("form[data-unsaved]")) remember(form);
}

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    const form = event.target.form;
    if (form && first.has(form)) follow(form);
  });
}

document.addEventListener("submit", (event) => {
  // Sent, so nothing is lost by leaving; what is typed from now on counts again.
  if (!event.defaultPrevented || event.target.closest("dialog")) event.target.removeAttribute("data-changed");
});

addEventListener("beforeunload", (event) => {
  if (document.querySelector("form[data-changed]")) event.preventDefault();
});

document.addEventListener("content-added", (event) => enhance(event.target.parentElement));
enhance(document);
