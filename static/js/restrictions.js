// Live help for restrictions: [data-networks], textarea[data-endpoints] and the
// "open on purpose" box, input[data-open-box="name of the list's field"].
const texts = document.getElementById("script-texts").dataset;

function parse4(text) {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && part < 256)) return null;
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

function parse6(text) {
  const tail = text.match(/^(.*:)(\d+\.\d+\.\d+\.\d+)$/);
  const low = tail ? parse4(tail[2]) : null;
  if (tail && low === null) return null;
  const whole = tail ? `${tail[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}` : text;
  const halves = whole.split("::");
  const groups = halves.map((half) => (half ? half.split(":") : []));
  const missing = 8 - groups.flat().length;
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return null;
  const all = halves.length === 2 ? [...groups[0], ...Array(missing).fill("0"), ...groups[1]] : groups[0];
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

function format4(value) {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
}

function format6(value) {
  const group = (index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16);
  const groups = Array.from({ length: 8 }, (_, index) => group(index));
  const runs = [...groups.join(":").matchAll(/(?<![^:])0(?::0)+(?![^:])/g)].map((match) => match[0]);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  if (!longest) return groups.join(":");
  return groups.join(":").replace(longest, "::").replace(/:{3,}/, "::");
}

// Returns null for what is no network, else its text and the text without host bits.
export function network(text) {
  const [address, prefix, ...rest] = text.split("/");
  const wide = address.includes(":");
  const size = wide ? 128 : 32;
  const value = wide ? parse6(address) : parse4(address);
  if (value === null || rest.length || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) return null;
  const length = prefix === undefined ? size : Number(prefix);
  if (length > size) return null;
  const host = BigInt(size - length);
  const base = (value >> host) << host;
  const fixed = `${wide ? format6(base) : format4(base)}/${length}`;
  return { text, fixed: base === value ? text : fixed };
}

// As the server reads a list: comments and what nobody sees are left out.
function entriesOf(value) {
  const readable = value.replace(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, "").replace(/(^|[\s,;])#.*$/gm, "$1");
  return readable.split(/[\s,;]+/).filter(Boolean);
}

function holdsAll(entry) {
  return /\/0+$/.test(entry) || /^[*/]*\*[*/]*$/.test(entry);
}

function live(control) {
  const field = control.closest("[data-field], .field") ?? control.parentElement;
  let place = field.querySelector(":scope > .live");
  if (!place) {
    place = Object.assign(document.createElement("div"), { className: "live" });
    place.setAttribute("role", "status");
    field.append(place);
  }
  return place;
}

function suggestion(control, entry) {
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "btn small",
    textContent: texts.networkUse.replace("%s", entry.fixed),
  });
  button.addEventListener("click", () => {
    const parts = control.value.split(/([\s,;]+)/);
    control.value = parts.map((part) => (part === entry.text ? entry.fixed : part)).join("");
    control.focus();
    control.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return [document.createTextNode(texts.networkBits.replace("%s", entry.text)), button];
}

function checkNetworks(control, whileTyping) {
  const parts = entriesOf(control.value);
  const entries = parts.map((part) => network(part));
  // The last entry may be half typed: it is judged once the field is left.
  const judged = (index) => !(whileTyping && index === parts.length - 1 && !/[\s,;]$/.test(control.value));
  const wrong = parts.filter((_, index) => !entries[index] && judged(index));
  const loose = entries.filter((entry, index) => entry && entry.fixed !== entry.text && judged(index));
  const place = live(control);
  place.classList.toggle("bad", wrong.length > 0);
  if (wrong.length) place.replaceChildren(texts.networkInvalid.replace("%s", wrong.join(", ")));
  else place.replaceChildren(...(loose.length ? suggestion(control, loose[0]) : []));
  if (wrong.length) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
}

// Methods may stand before the address; they stay.
const PASTED_URL = /^[ \t]*((?:[a-z]+[ \t,]+)*)[a-z][a-z0-9+.-]*:\/\/[^/\s?#]*([^\s?#]*)[^\s]*/gim;

function checkEndpoints(control) {
  const stripped = control.value.replace(PASTED_URL, (_, methods, path) => methods + (path || "/"));
  if (stripped === control.value) return;
  control.value = stripped;
  live(control).replaceChildren(texts.endpointStripped);
}

function checkOpen(box) {
  const list = box.form?.elements.namedItem(box.dataset.openBox);
  if (!list) return;
  const entries = entriesOf(list.value);
  const empty = !entries.length;
  const all = entries.some(holdsAll);
  const place = live(box);
  if (empty && !box.checked) place.replaceChildren(texts.openNeeded);
  else if (all && !box.checked) place.replaceChildren(texts.openAll);
  else if (!empty && !all && box.checked) place.replaceChildren(texts.openIdle);
  else place.replaceChildren();
}

function follow(event) {
  const control = event.target;
  const typing = event.type === "input";
  if (control.matches?.("[data-networks]")) checkNetworks(control, typing);
  const pasted = event.inputType?.startsWith("insertFromPaste");
  if (control.matches?.("[data-endpoints]") && (!typing || pasted)) checkEndpoints(control);
  for (const box of control.form?.querySelectorAll("[data-open-box]") ?? []) {
    if (box === control || box.dataset.openBox === control.name) checkOpen(box);
  }
}

// Leaving a field by a press on a button would move the button away between press and
// release, and the click were lost: help waits until the button is released.
let isPressed = false;
let waiting = [];

function release() {
  isPressed = false;
  const events = waiting;
  waiting = [];
  // After the click, which follows the release.
  if (events.length) setTimeout(() => events.forEach(follow));
}

document.addEventListener("pointerdown", () => (isPressed = true), true);
for (const kind of ["pointerup", "pointercancel", "dragend"]) addEventListener(kind, release, true);
document.addEventListener("input", follow);
document.addEventListener("change", (event) => (isPressed ? waiting.push(event) : follow(event)));
