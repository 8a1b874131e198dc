// The page's own entry of the menu is in view, wherever the menu scrolls.
const entry = document.querySelector(".rail [aria-current]");
const strip = entry?.closest(".rail-sections");
if (strip) strip.scrollLeft = entry.parentElement.offsetLeft - (strip.clientWidth - entry.offsetWidth) / 2;

// <details data-menu>: one open at a time; Escape and a click elsewhere close it.
const menus = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
