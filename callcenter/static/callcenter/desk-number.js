// <… data-hide-after="60" data-masked="138****1234">: the clear number goes back to its mask by itself.
const running = new WeakSet();

function hide(element) {
  element.textContent = element.dataset.masked;
  element.removeAttribute("data-hide-after");
  element.parentElement?.querySelector("[data-hide-with]")?.remove();
}

function watch() {
  for (const element of document.querySelectorAll("[data-hide-after]")) {
    if (running.has(element)) continue;
    running.add(element);
    setTimeout(hide, Number(element.dataset.hideAfter) * 1000, element);
  }
}

new MutationObserver(watch).observe(document.getElementById("desk"), { childList: true, subtree: true });
watch();
