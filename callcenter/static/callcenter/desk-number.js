// <… data-hide-after="60" data-masked="138****1234">: the clear number goes back to its mask by itself.
const running = new Set();

function hide(element) {
  element.textContent = element.dataset.masked;
  element.removeAttribute("data-hide-after");
  element.parentElement.querySelector("[data-hide-with]")?.remove();
}

function watch() {
  for (const element of document.querySelectorAll("[data-hide-after]")) {
    if (running.has(element)) continue;
    running.add(element);
    setTimeout(() => {
      running.delete(element);
      hide(element);
    }, Number(element.dataset.hideAfter) * 1000);
  }
}

document.addEventListener("htmx:afterSettle", watch);
watch();
