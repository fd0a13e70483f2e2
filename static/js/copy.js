// Copy buttons: <button data-copy="id of the element with the text">.
const texts = document.getElementById("script-texts").dataset;
const SHOWN_FOR = 2500;

function select(node) {
  const range = document.createRange();
  range.selectNodeContents(node);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

async function write(node) {
  const text = node.textContent;
  if (navigator.clipboard && isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Refused by the browser: the older way below may still be allowed.
    }
  }
  select(node);
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  }
}

function statusOf(button) {
  const place = button.closest(".copy")?.querySelector("[data-copy-status]") ?? button.statusPlace;
  if (place) return place;
  const made = Object.assign(document.createElement("div"), { className: "copy-status" });
  made.setAttribute("role", "status");
  (button.closest(".secret") ?? button).after(made);
  button.statusPlace = made;
  return made;
}

function say(button, done) {
  const status = statusOf(button);
  // The button itself shows success; the status says it to screen readers.
  const heard = Object.assign(document.createElement("span"), {
    className: "visually-hidden",
    textContent: texts.copied,
  });
  status.replaceChildren(done ? heard : texts.copyFailed);
  status.classList.toggle("bad", !done);
  button.dataset.label ??= button.textContent;
  button.textContent = done ? texts.copied : button.dataset.label;
  clearTimeout(button.timer);
  if (!done) return;
  button.timer = setTimeout(() => {
    button.textContent = button.dataset.label;
    status.replaceChildren();
  }, SHOWN_FOR);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const node = document.getElementById(button.dataset.copy);
  const done = await write(node);
  if (!done) select(node);
  say(button, done);
});
