// Shows a part of a form only while another field has a value:
// <div data-shown-for="expires" data-shown-value="date">. Without this script all
// parts are there and the form says which one counts.
function follow(root) {
  for (const part of root.querySelectorAll("[data-shown-for]")) {
    const field = part.closest("form").elements.namedItem(part.dataset.shownFor);
    part.hidden = field.value !== part.dataset.shownValue;
  }
}

document.addEventListener("change", (event) => {
  if (event.target.form) follow(event.target.form);
});
document.addEventListener("content-added", (event) => follow(event.target));
follow(document);
