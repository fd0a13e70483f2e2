// The one view of a secret, as a page or in a dialog: [data-token-page].
const texts = document.getElementById("script-texts").dataset;

function wipe() {
  for (const node of document.querySelectorAll("[data-secret]")) {
    if ("value" in node) node.value = "";
    node.textContent = "";
  }
}

function guardDone(page) {
  const box = page.querySelector("[data-stored]");
  const done = page.querySelector("[data-done]");
  if (!box || !done) return;
  const hint = page.querySelector("[data-close-hint]");
  const follow = () => {
    done.setAttribute("aria-disabled", String(!box.checked));
    // One thing at a time: first copy, then done.
    page.querySelector("[data-primary]")?.classList.toggle("go", !box.checked);
    if (box.checked && hint) hint.textContent = "";
  };
  box.addEventListener("change", follow);
  done.addEventListener("click", (event) => {
    if (box.checked) return;
    event.preventDefault();
    event.stopPropagation();
    if (hint) hint.textContent = texts.closeGuard;
    box.focus();
  });
  follow();
}

function quote(value) {
  if (/^[\w.\-/+=:@~]*$/.test(value)) return value;
  if (!value.includes("'")) return `'${value}'`;
  return `"${value.replace(/[\\"$`]/g, "\\$&")}"`;
}

function download(button) {
  const nodes = button.closest("[data-token-page]").querySelectorAll("[data-env]");
  const lines = [...nodes].map((node) => `${node.dataset.env}=${quote(node.textContent.trim())}\n`);
  const url = URL.createObjectURL(new Blob(lines, { type: "text/plain" }));
  // Browsers strip a leading dot from the name of a download.
  const name = button.dataset.downloadEnv || "api-key.env";
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function enhance(root) {
  for (const page of root.querySelectorAll("[data-token-page]")) {
    if (!page.closest("dialog") && page.dataset.listUrl) {
      // A reload then is a plain GET of the list and not the POST again.
      history.replaceState(null, "", page.dataset.listUrl);
    }
    guardDone(page);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-download-env]");
  if (button) download(button);
});
document.addEventListener("content-added", (event) => enhance(event.target.parentElement));
addEventListener("pagehide", wipe);
addEventListener("pageshow", (event) => {
  const page = document.querySelector("[data-token-page]");
  if (event.persisted && page?.dataset.listUrl) location.replace(page.dataset.listUrl);
});
enhance(document);
