// Opens pages in a modal dialog: <a href="…" data-dialog>. The page must hold one
// [data-dialog-content]; a form in it is sent by fetch and its answer shown in the
// same dialog. A redirected answer takes the browser there. Without this script
// the links and forms work as pages.
const texts = document.getElementById("script-texts").dataset;
const HEADERS = { Accept: "text/html", "X-Dialog": "1" };

function make(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

function build() {
  const dialog = make("dialog", { className: "dialog" });
  dialog.setAttribute("aria-labelledby", "dialog-title");
  const header = make("header");
  const close = make("button", { type: "button", className: "close", ariaLabel: texts.close });
  close.dataset.dialogClose = "";
  header.append(make("h2", { id: "dialog-title", tabIndex: -1 }), close);
  dialog.append(header, make("div", { className: "failure note bad", hidden: true, role: "alert" }));
  document.body.append(dialog);
  guard(dialog);
  return dialog;
}

function guard(dialog) {
  dialog.addEventListener("cancel", (event) => {
    if (!mayClose(dialog)) event.preventDefault();
  });
  // A browser lets a second Escape pass whatever "cancel" says: take the key itself.
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    if (mayClose(dialog)) dialog.close();
  });
  dialog.addEventListener("close", () => (mayClose(dialog) ? leave(dialog) : dialog.showModal()));
}

function content(dialog) {
  return dialog.querySelector("[data-dialog-content]");
}

function mayClose(dialog) {
  const guard = dialog.querySelector("[data-confirm-close]");
  if (dialog.querySelector("form[data-changed]")) return askToDiscard(dialog);
  if (!guard || dialog.querySelector("[data-stored]")?.checked) return true;
  hint(dialog, texts.closeGuard);
  dialog.querySelector("[data-stored]")?.focus();
  return false;
}

// Something was typed and not sent (see unsaved.js).
function askToDiscard(dialog) {
  const before = dialog.querySelector(":scope > .leaving");
  const keep = make("button", { type: "button", className: "btn small", textContent: texts.keepTyping });
  const discard = make("button", { type: "button", className: "btn small bad", textContent: texts.discard });
  const note = make("div", { className: "leaving note warn" });
  note.setAttribute("role", "alert");
  note.append(make("span", { textContent: texts.unsavedDialog }), keep, discard);
  keep.addEventListener("click", () => {
    note.remove();
    content(dialog).querySelector("input:not([type=hidden]), select, textarea")?.focus();
  });
  discard.addEventListener("click", () => {
    for (const form of dialog.querySelectorAll("form[data-changed]")) form.removeAttribute("data-changed");
    dialog.close();
  });
  before?.remove();
  dialog.querySelector(":scope > header").after(note);
  keep.focus();
  return false;
}

function hint(dialog, text) {
  const place = dialog.querySelector("[data-close-hint]");
  if (place) place.textContent = text;
  else fail(dialog, text);
}

function fail(dialog, text) {
  const failure = dialog.querySelector(":scope > .failure");
  failure.textContent = text;
  failure.hidden = !text;
}

function leave(dialog) {
  const next = dialog.querySelector("[data-token-page]")?.dataset.listUrl;
  dialog.remove();
  if (next) location.assign(next);
}

function show(dialog, page, url) {
  const fresh = document.adoptNode(page);
  fresh.dataset.url = url;
  fail(dialog, "");
  dialog.querySelector(":scope > .leaving")?.remove();
  dialog.querySelector("#dialog-title").textContent = fresh.dataset.dialogTitle ?? texts.untitled;
  content(dialog)?.remove();
  dialog.append(fresh);
  if (!dialog.open) dialog.showModal();
  focusFirst(dialog, fresh);
  fresh.dispatchEvent(new CustomEvent("content-added", { bubbles: true }));
}

function focusFirst(dialog, fresh) {
  // A secret is to be read from its heading on; anything else starts at its first field.
  const first = fresh.matches("[data-token-page], :has([data-token-page])")
    ? "#dialog-title"
    : "input:not([type=hidden]), select, textarea";
  const focused = fresh.querySelector("[aria-invalid=true]:not(fieldset)")
    ?? fresh.querySelector("fieldset[aria-invalid=true] input")
    ?? fresh.querySelector("[autofocus]")
    ?? fresh.querySelector(".errornote, .errorlist.nonfield")
    ?? fresh.querySelector(first)
    ?? dialog.querySelector("#dialog-title");
  if (focused.matches("p, ul")) focused.tabIndex = -1;
  focused.focus();
}

async function load(dialog, url, options = {}) {
  const response = await fetch(url, { ...options, headers: HEADERS, credentials: "same-origin" });
  if (response.redirected) {
    location.assign(response.url);
    return;
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const found = page.querySelector("[data-dialog-content]");
  if (found) show(dialog, found, response.url);
  else if (options.method || !response.ok) fail(dialog, texts.answerFailed.replace("%s", response.status));
  else location.assign(url);
}

async function open(link) {
  const url = link.getAttribute("href") || link.dataset.dialog;
  const current = link.closest("dialog.dialog");
  const dialog = current ?? build();
  link.setAttribute("aria-busy", "true");
  try {
    await load(dialog, url);
  } catch {
    if (!current) dialog.querySelector("#dialog-title").textContent = link.textContent.trim();
    fail(dialog, texts.fetchFailed);
  } finally {
    link.removeAttribute("aria-busy");
  }
  if (!dialog.open && !dialog.querySelector(":scope > .failure").hidden) dialog.showModal();
  else if (!dialog.open) dialog.remove();
}

async function send(dialog, form, submitter) {
  const url = form.getAttribute("action") || form.closest("[data-dialog-content]").dataset.url;
  // Disabled buttons are not part of the data: read it before disabling them.
  const body = new FormData(form, submitter);
  const buttons = [...form.querySelectorAll("button, input[type=submit]")].filter((button) => !button.disabled);
  form.dataset.busy = "";
  for (const button of buttons) button.disabled = true;
  submitter?.setAttribute("aria-busy", "true");
  fail(dialog, "");
  try {
    await load(dialog, url, { method: "POST", body });
  } catch {
    fail(dialog, texts.fetchFailed);
  } finally {
    delete form.dataset.busy;
    for (const button of buttons) button.disabled = false;
    submitter?.removeAttribute("aria-busy");
  }
}

document.addEventListener("click", (event) => {
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  const link = event.target.closest("[data-dialog]");
  const dialog = event.target.closest("dialog.dialog");
  if (link && plain) {
    event.preventDefault();
    open(link);
  } else if (dialog && plain && event.target.closest("[data-dialog-close]")) {
    event.preventDefault();
    if (mayClose(dialog)) dialog.close();
  }
});

document.addEventListener("submit", (event) => {
  const dialog = event.target.closest("dialog.dialog");
  if (!dialog || event.target.method !== "post") return;
  event.preventDefault();
  if (!("busy" in event.target.dataset)) send(dialog, event.target, event.submitter);
});
