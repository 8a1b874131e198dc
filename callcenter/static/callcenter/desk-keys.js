// <… data-key="n Space">: that key chooses, presses or enters the element. data-then: where the focus goes afterwards.
// Enter saves the result; in the note, Shift+Enter is a new line. Keys typed into a field are text.
const TEXT = "textarea, select, input:not([type=radio], [type=checkbox])";

function keyName(event) {
  return event.key === " " ? "Space" : event.key;
}

function owner(name) {
  const quoted = CSS.escape(name);
  return document.querySelector(`[data-key~="${quoted}"]:not(:disabled)`);
}

function use(element) {
  if (element.matches("input[type=radio]")) {
    element.checked = true;
    document.getElementById(element.dataset.then)?.focus();
  } else if (element.matches("button, a, summary")) {
    element.click();
  } else {
    element.focus();
  }
}

function enter(event) {
  const form = document.getElementById("desk-result");
  if (!form || event.target.closest("button, a, summary, dialog, .desk-reveal, [data-own-enter]")) return;
  if (event.shiftKey && event.target.matches("textarea")) return;
  event.preventDefault();
  if (!event.repeat) form.requestSubmit(form.querySelector("[value=next]"));
}

document.addEventListener("keydown", (event) => {
  // While a Chinese input method composes, Enter and digits are its own.
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter") return enter(event);
  const isText = event.target.matches(TEXT);
  if (event.key === "Escape" && isText && !event.target.closest("dialog")) return event.target.blur();
  if (isText || document.querySelector("dialog[open]")) return;
  const name = keyName(event);
  if (name === "Space" && event.target.closest("button, a, summary, input")) return;
  const element = owner(name);
  if (!element || event.repeat) return;
  event.preventDefault();
  use(element);
});
