// Says below each list in a box how many entries it has. The line is there from the
// start, so that nothing moves while somebody types.
const LISTS = "textarea:is([data-networks], [data-endpoints], [name=domains])";
const texts = document.getElementById("script-texts").dataset;

function entries(box) {
  const between = box.matches("[data-endpoints]") ? /\n/ : /[\s,;]+/;
  return box.value.split(between).filter((entry) => entry.trim()).length;
}

function count(box) {
  let place = box.parentElement.querySelector(":scope > .entry-count");
  if (!place) {
    place = Object.assign(document.createElement("div"), { className: "hint entry-count" });
    box.after(place);
  }
  const found = entries(box);
  place.textContent = found === 1 ? texts.oneEntry : texts.entries.replace("%s", found);
}

function countAll(part) {
  for (const box of part.querySelectorAll(LISTS)) count(box);
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.(LISTS)) count(event.target);
});
document.addEventListener("content-added", (event) => countAll(event.target));
countAll(document);
