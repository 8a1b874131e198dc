// A save that does not get through swaps nothing, so what was typed stays; #desk-offline says so until one does.
const notice = () => document.getElementById("desk-offline");

function tell(words) {
  notice().querySelector("p").textContent = words;
  notice().hidden = false;
}

document.addEventListener("htmx:sendError", () => tell(notice().dataset.offline));
document.addEventListener("htmx:timeout", () => tell(notice().dataset.offline));
document.addEventListener("htmx:responseError", () => tell(notice().dataset.failed));
document.addEventListener("htmx:afterOnLoad", ({ detail }) => {
  if (detail.xhr.status < 500) notice().hidden = true;
});
