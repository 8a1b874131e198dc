// form[data-search]: "/" leads to the box, arrows walk through the hits, Escape and a click elsewhere close the sheet.
const box = () => document.querySelector("form[data-search]");
const typing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

function walk(form, step) {
  const stops = [form.querySelector(".search-input"), ...form.querySelectorAll(".search-hit")];
  const next = stops.indexOf(document.activeElement) + step;
  if (next >= 0 && next < stops.length) stops[next].focus();
}

function close(form) {
  form.querySelector(".search-sheet").replaceChildren();
}

document.addEventListener("keydown", (event) => {
  const form = box();
  if (!form) return;
  const input = form.querySelector(".search-input");
  const isFree = !typing(event.target) || (event.target === input && input.value === "");
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && isFree) {
    event.preventDefault();
    input.focus();
  } else if (form.contains(event.target)) {
    if (event.key === "Escape") {
      close(form);
      input.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      walk(form, event.key === "ArrowDown" ? 1 : -1);
    }
  }
});

document.addEventListener("click", (event) => {
  const form = box();
  if (form && !form.contains(event.target)) close(form);
});

// An answer that arrives after Enter would cover the page that is about to come.
document.addEventListener("submit", (event) => {
  if (event.target === box()) close(event.target);
});
