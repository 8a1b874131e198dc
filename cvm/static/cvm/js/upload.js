// <form data-upload>: each file goes on its own, with a progress bar and a way to stop it. Without JS the form posts all.
const form = document.querySelector("form[data-upload]");
const words = form.dataset;
const list = form.querySelector("[data-upload-list]");
const input = form.querySelector("input[name=uploads]");
const control = form.querySelector("input[name=control]");
const suffixes = words.suffixes.split(",");

const size = (bytes) => {
  const units = ["B", "KB", "MB", "GB"];
  let step = 0;
  while (bytes >= 1024 && step < units.length - 1) { bytes /= 1024; step += 1; }
  return `${bytes.toFixed(step && bytes < 100 ? 1 : 0)} ${units[step]}`;
};

const row = (file) => {
  const line = document.getElementById("upload-row").content.firstElementChild.cloneNode(true);
  line.querySelector(".upload-name").textContent = file.name;
  line.querySelector(".upload-size").textContent = size(file.size);
  line.querySelector("progress").setAttribute("aria-label", file.name);
  line.querySelector("button").textContent = words.wordsCancel;
  line.querySelector("a").textContent = words.wordsOpen;
  list.append(line);
  return line;
};

const say = (line, text, isBad = false) => {
  const said = line.querySelector(".upload-said");
  said.textContent = text;
  line.classList.toggle("upload-refused", isBad);
  line.querySelector("progress").hidden = true;
  line.querySelector("button").hidden = true;
};

const isKnown = (name) => {
  const plain = name.toLowerCase().replace(/\.gz$/, "");
  return suffixes.some((suffix) => plain.endsWith(suffix));
};

const answered = (line, request) => {
  let found;
  try { found = JSON.parse(request.responseText).files[0]; } catch { found = { error: words.wordsFailed }; }
  if (found.error) return say(line, found.error, true);
  say(line, found.note ?? "");
  const link = line.querySelector("a");
  link.href = found.url;
  link.hidden = false;
  return found.url;
};

const send = (file, withControl) => new Promise((done) => {
  const line = row(file);
  if (!isKnown(file.name)) { say(line, words.wordsKind, true); done(null); return; }
  const data = new FormData();
  data.append("uploads", file);
  if (withControl) data.append("control", control.files[0]);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", form.querySelector("input[name=csrfmiddlewaretoken]").value);
  request.upload.addEventListener("progress", (event) => {
    const share = Math.round((100 * event.loaded) / event.total);
    line.querySelector("progress").value = share;
    line.querySelector(".upload-said").textContent = share < 100 ? `${share}%` : words.wordsReading;
  });
  request.addEventListener("load", () => done(answered(line, request)));
  request.addEventListener("error", () => { say(line, words.wordsFailed, true); done(null); });
  request.addEventListener("abort", () => { say(line, words.wordsCancelled); done(null); });
  line.querySelector("button").addEventListener("click", () => request.abort());
  request.send(data);
});

const sendAll = async (files) => {
  const chosen = [...files];
  const withControl = chosen.length === 1 && control.files.length === 1;
  const button = form.querySelector("button.btn-primary");
  button.disabled = true;
  const pages = [];
  for (const file of chosen) pages.push(await send(file, withControl));
  button.disabled = false;
  input.value = "";
  if (chosen.length === 1 && pages[0]) location.assign(pages[0]);
};

form.addEventListener("submit", (event) => {
  event.preventDefault();
  sendAll(input.files);
});

const drop = form.querySelector("[data-upload-drop]");
for (const name of ["dragover", "dragenter"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("upload-over"); });
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("upload-over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) sendAll(event.dataTransfer.files);
});
