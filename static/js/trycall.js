// "Would this call pass?" beside a form of settings: asks in the background, so that
// what is typed stays. Without this script the whole page is sent and comes back with
// everything as it was typed.
const texts = document.getElementById("script-texts").dataset;

async function check(card, form, button) {
  const body = new FormData(form, button);
  button.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(form.action, { method: "POST", body, credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById(card.id);
    // The session has ended: go through the sign-in, which brings back what is typed.
    if (response.redirected || !fresh) sendWhole(form, button);
    else show(card, fresh);
  } catch {
    say(card, texts.fetchFailed);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function sendWhole(form, button) {
  form.dataset.sent = "";
  form.requestSubmit(button);
}

function show(card, fresh) {
  const focused = document.activeElement?.id ?? "";
  for (const part of ["[data-try-fields]", "[data-try-answer]"]) {
    card.querySelector(part).replaceChildren(...document.adoptNode(fresh.querySelector(part)).childNodes);
  }
  const invalid = card.querySelector("[aria-invalid=true]");
  (invalid ?? document.getElementById(focused))?.focus();
}

function say(card, text) {
  const note = Object.assign(document.createElement("div"), { className: "note bad", textContent: text });
  card.querySelector("[data-try-answer]").replaceChildren(note);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  const card = document.querySelector(`[data-try="${form.id}"]`)?.closest(".card");
  if (!card || button?.name !== "check" || "sent" in form.dataset) return;
  event.preventDefault();
  // Enter sends a form by its first button, wherever the person is.
  const isAsked = button.matches("[data-check]") || card.contains(document.activeElement);
  if (isAsked) check(card, form, card.querySelector("[data-check]"));
  // A form cannot be sent again while its event is still on its way.
  else setTimeout(() => form.requestSubmit(form.querySelector("[data-save]")));
});
