// A page that comes back with errors starts at the first of them, as a dialog does.
const wrong = document.querySelector("main [aria-invalid=true]:not(fieldset)")
  ?? document.querySelector("main fieldset[aria-invalid=true] :is(input, select, textarea)");

wrong?.focus();
