// A button that needs a tick first: button[data-needs-tick], input[data-tick-first].
// Without this script the server asks for the tick.
function follow(form) {
  const tick = form.querySelector("[data-tick-first]");
  const button = form.querySelector("[data-needs-tick]");
  if (tick && button) button.disabled = !tick.checked;
}

function enhance(root) {
  for (const tick of root.querySelectorAll("[data-tick-first]")) follow(tick.form);
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-tick-first]")) follow(event.target.form);
});
document.addEventListener("content-added", (event) => enhance(event.target.parentElement));
enhance(document);
