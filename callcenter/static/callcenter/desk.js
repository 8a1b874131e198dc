// After each swap of the desk the focus stands on what matters: what went wrong, else the new customer.
// Refusals (lost lease, bad input, quiet hours) come with words to show.
const WITH_WORDS = [403, 409, 422, 429];

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!WITH_WORDS.includes(detail.xhr.status)) return;
  detail.shouldSwap = true;
  detail.isError = false;
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target.id !== "desk") return;
  if (detail.requestConfig?.triggeringEvent?.type === "desk-news") return; // nobody asked for it: the focus stays
  const wrong = document.querySelector("#desk [aria-invalid=true]");
  const found = document.querySelector("#desk [role=alert][data-focus], #desk [data-focus]");
  (wrong ?? found)?.focus();
  if (!wrong) window.scrollTo({ top: 0 });
});
