// Shows the fields that the chosen key type has. The form carries the matrix as
// JSON: data-matrix='{"v1": {"password": "hidden", "roles": "required"}}'; each
// [data-field=name] in it becomes "required", "optional" or "hidden".
function controls(field) {
  return field.querySelectorAll("input, select, textarea");
}

function apply(field, rule) {
  const hidden = rule === "hidden";
  field.hidden = hidden;
  for (const control of controls(field)) {
    // A hidden field is not sent; what was typed stays for a change of mind.
    if (hidden && !control.disabled) control.dataset.keytypeOff = "";
    if ("keytypeOff" in control.dataset) control.disabled = hidden;
    if (!hidden) delete control.dataset.keytypeOff;
    if (control.matches(":not([type=checkbox], [type=radio])")) control.required = rule === "required";
  }
  for (const mark of field.querySelectorAll(".optional")) mark.hidden = rule === "required";
}

function follow(select) {
  const form = select.closest("[data-matrix]");
  const rules = JSON.parse(form.dataset.matrix)[select.value] ?? {};
  for (const [name, rule] of Object.entries(rules)) {
    for (const field of form.querySelectorAll(`[data-field="${name}"]`)) apply(field, rule);
  }
}

function enhance(root) {
  root.querySelectorAll("select[data-key-type]").forEach(follow);
}

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-key-type]")) follow(event.target);
});
document.addEventListener("content-added", (event) => enhance(event.target.parentElement));
enhance(document);
