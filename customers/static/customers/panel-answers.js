// A refusal of a contact panel (422) comes with its words: show it like an answer.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status !== 422 || !detail.elt.closest("[data-own-enter]")) return;
  detail.shouldSwap = true;
  detail.isError = false;
});
