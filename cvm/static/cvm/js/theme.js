// Light or dark: the server writes the chosen theme; before the first choice the system decides.
// A classic script on purpose: it runs before the first paint.
(function () {
  "use strict";
  var root = document.documentElement;
  var chosen = /(?:^|; )cvm_theme=(light|dark)/.exec(document.cookie);
  if (!chosen && window.matchMedia("(prefers-color-scheme: dark)").matches) {
    root.setAttribute("data-bs-theme", "dark");
  }
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-theme-switch]")) return;
    var next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    root.setAttribute("data-bs-theme", next);
    document.cookie = "cvm_theme=" + next + ";path=/;max-age=31536000;samesite=lax";
    document.dispatchEvent(new CustomEvent("cvm:theme"));
  });
})();
