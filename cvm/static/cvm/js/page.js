// What every page does: menus close, dialogs open, charts upgrade their tables.
import "./menu.js";
import "./confirm.js";
import "./auto-submit.js";
import "./cvm-chart.js";
