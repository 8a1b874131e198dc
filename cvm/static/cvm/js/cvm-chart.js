// <cvm-chart kind="pyramid|bars|lines|days|bill|curve|pairs|rates|waterfall|moves|sankey|survival|heat" description="…" show-chart="…"
// show-table="…" [keep-table] [picture="file name" show-picture="…"] [picture-only]> around a <table>.
// picture-only: the table is all the page shows; it is drawn when somebody takes the picture.
// The table is the truth: first cell of a row = category, cells under th[data-series] = values (data-value), colours
// are names of tokens in data-token. Canvas and rich-text tooltips only: the page allows no inline style.
let loading;

function library() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = document.querySelector("meta[name=chart-library]").content;
    script.onload = () => resolve(globalThis.echarts);
    script.onerror = () => reject(new Error("no chart library"));
    document.head.append(script);
  });
  return loading;
}

class CvmChart extends HTMLElement {
  async connectedCallback() {
    if (this.chart || !this.querySelector("table")) return;
    if (this.hasAttribute("picture-only")) {
      if (!this.picture) this.addPicture();
      return;
    }
    let echarts;
    try {
      echarts = await library();
    } catch {
      return; // the table stays
    }
    if (!this.isConnected || this.chart) return;
    this.build(echarts);
  }

  disconnectedCallback() {
    this.resizing?.disconnect();
    document.removeEventListener("cvm:theme", this.redraw);
    this.chart?.dispose();
    this.chart = undefined;
  }

  build(echarts) {
    this.canvas?.remove();
    this.button?.remove();
    this.picture?.remove();
    this.canvas = document.createElement("div");
    this.canvas.className = "chart-canvas";
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", this.getAttribute("description") ?? "");
    this.prepend(this.canvas);
    this.setAttribute("view", "chart");
    if (!this.hasAttribute("keep-table")) this.addSwitch();
    if (this.hasAttribute("picture")) this.addPicture();
    this.chart = echarts.init(this.canvas, null, { renderer: "canvas" });
    this.redraw = () => this.draw();
    this.redraw();
    this.resizing = new ResizeObserver(() => this.chart?.resize());
    this.resizing.observe(this.canvas);
    document.addEventListener("cvm:theme", this.redraw);
  }

  addSwitch() {
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.className = "chart-switch";
    this.button.textContent = this.getAttribute("show-table");
    this.button.addEventListener("click", () => this.toggle());
    this.prepend(this.button);
  }

  addPicture() {
    this.picture = document.createElement("button");
    this.picture.type = "button";
    this.picture.className = "chart-picture";
    this.picture.textContent = this.getAttribute("show-picture");
    this.picture.addEventListener("click", () => this.save());
    this.prepend(this.picture);
  }

  /** Hand out the drawing as it looks now. */
  async save() {
    const chart = this.chart ?? (await this.drawnApart());
    const link = document.createElement("a");
    link.href = chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: token("--cvm-surface") });
    link.download = `${this.getAttribute("picture")}.png`;
    link.click();
    if (chart !== this.chart) chart.dispose();
  }

  /** A drawing of its own for the picture of a table, as large as the table needs. */
  async drawnApart() {
    const data = this.data();
    const [width, height] = sizeOf(data);
    const chart = (await library()).init(document.createElement("div"), null, { renderer: "canvas", width, height });
    chart.setOption({ ...optionOf(this.getAttribute("kind"), data, token, width), animation: false });
    return chart;
  }

  toggle() {
    const next = this.getAttribute("view") === "chart" ? "table" : "chart";
    this.setAttribute("view", next);
    this.button.textContent = this.getAttribute(next === "chart" ? "show-table" : "show-chart");
    if (next === "chart") this.chart.resize();
  }

  draw() {
    this.chart.setOption(optionOf(this.getAttribute("kind"), this.data(), token, this.canvas.clientWidth), true);
  }

  /** The table as plain data. */
  data() {
    const table = this.querySelector("table");
    const heads = [...table.tHead.rows[0].cells];
    const series = heads
      .map((head, at) => ({ head, at }))
      .filter(({ head }) => head.hasAttribute("data-series"))
      .map(({ head, at }) => ({ name: head.textContent.trim(), at, token: head.dataset.token, line: head.dataset.series === "line", goes: head.dataset.series === "goes" }));
    const drawn = [...table.tBodies[0].rows].filter((row) => !row.hasAttribute("data-undrawn"));
    const rows = drawn.map((row) => ({
      name: row.cells[0].textContent.trim(),
      token: row.dataset.token,
      isSum: row.hasAttribute("data-sum"),
      values: series.map(({ at }) => number(row.cells[at].dataset.value)),
      texts: series.map(({ at }) => row.cells[at].textContent.trim()),
      tokens: series.map(({ at }) => row.cells[at].dataset.token),
      url: row.querySelector("a")?.href,
    }));
    this.chart?.off("click");
    this.chart?.on("click", ({ dataIndex, dataType, data }) => {
      const url = dataType ? data?.url : rows[dataIndex]?.url; // a link or node of a flow knows its own list
      if (url) window.location.assign(url);
    });
    return { series, rows, unit: this.getAttribute("unit"), title: table.caption?.textContent.trim() ?? "", grid: gridOf(table, heads) };
  }
}

/** Every cell of a table that has a shade, as [column, row, shade, text]; the first column names the rows. */
function gridOf(table, heads) {
  const lines = [...table.tBodies[0].rows];
  const cells = lines.flatMap((row, y) =>
    [...row.cells].slice(1).map((cell, x) => {
      const shade = /(?:^| )heat-(\d)/.exec(cell.className);
      const first = cell.querySelector("a, .shut")?.textContent ?? cell.firstChild?.textContent ?? "";
      return [x, y, shade ? Number(shade[1]) : -1, first.trim()];
    }),
  );
  return { columns: heads.slice(1).map((head) => head.textContent.trim()), rows: lines.map((row) => row.cells[0].textContent.trim()), cells };
}

function number(text) {
  const value = Number.parseFloat(text);
  return Number.isNaN(value) ? null : value;
}

/** An amount as pages write it: -10000 is -¥10,000. */
function yuan(value, places) {
  const amount = Math.abs(value).toLocaleString("en", { minimumFractionDigits: places, maximumFractionDigits: 2 });
  return `${value < 0 ? "-" : ""}¥${amount}`;
}

/** A count to read at a glance, as the pages write it (cvm_format.count_short): 35万 or 350k; small ones whole. */
function short(value) {
  if (Math.abs(value) < 10_000) return value.toLocaleString("en");
  return value.toLocaleString(document.documentElement.lang, { notation: "compact", maximumFractionDigits: 1 }).replace("K", "k");
}

/** An amount as axes write it: -¥35万. */
function shortYuan(value) {
  return `${value < 0 ? "-" : ""}¥${short(Math.abs(value))}`;
}

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

customElements.define("cvm-chart", CvmChart);

// --- from the plain data of a table to what ECharts draws; no DOM below -------------------------

/** Return the option of one kind of chart; `token` gives the colour of a name. */
function optionOf(kind, data, token, width) {
  const look = lookOf(token);
  const option = { pyramid, bars, lines, days, bill, curve, pairs, rates, waterfall, moves, sankey, survival, heat }[kind](data, look, token, width);
  const still = globalThis.matchMedia("(prefers-reduced-motion: reduce)").matches;
  return { animation: !still, animationDuration: 250, textStyle: look.text, aria: { enabled: false }, ...option };
}

function lookOf(token) {
  const family = token("--cvm-font");
  return {
    text: { fontFamily: family, color: token("--cvm-ink-2"), fontSize: 12 },
    ink: token("--cvm-ink"),
    quiet: token("--cvm-ink-2"),
    line: token("--cvm-line"),
    surface: token("--cvm-surface"),
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: token("--cvm-surface"),
      borderColor: token("--cvm-line-strong"),
      textStyle: { color: token("--cvm-ink"), fontFamily: family, fontSize: 12 },
    },
  };
}

function axis(look, more) {
  return {
    axisLine: { lineStyle: { color: look.line } },
    axisTick: { show: false },
    axisLabel: { color: look.quiet },
    splitLine: { lineStyle: { color: look.line } },
    ...more,
  };
}

/** Two-sided bars: the first series grows to the left, the second to the right. */
function pyramid({ series, rows }, look, token) {
  const most = Math.max(1, ...rows.flatMap((row) => row.values.map((value) => value ?? 0)));
  const names = rows.map((row) => row.name).reverse();
  const side = (at, sign) => ({
    type: "bar",
    name: series[at].name,
    stack: "both",
    barWidth: "72%",
    data: rows
      .map((row) => ({ value: sign * (row.values[at] ?? 0), itemStyle: { color: token(row.token), opacity: at ? 1 : 0.72 } }))
      .reverse(),
    label: { show: true, position: sign < 0 ? "left" : "right", color: look.ink, formatter: ({ value }) => `${Math.abs(value).toFixed(1)}%` },
  });
  return {
    grid: { left: 64, right: 16, top: 24, bottom: 8, containLabel: false },
    xAxis: axis(look, { type: "value", min: -most * 1.5, max: most * 1.5, axisLabel: { show: false }, splitLine: { show: false } }),
    yAxis: axis(look, { type: "category", data: names, axisLine: { show: false } }),
    title: [
      { text: series[0].name, left: "22%", top: 0, textStyle: { fontSize: 12, fontWeight: 400, color: look.quiet } },
      { text: series[1].name, left: "64%", top: 0, textStyle: { fontSize: 12, fontWeight: 400, color: look.quiet } },
    ],
    tooltip: { ...look.tooltip, trigger: "item", formatter: ({ name, seriesName, value }) => `${name} · ${seriesName}: ${Math.abs(value).toFixed(1)}%` },
    series: [side(0, -1), side(1, 1)],
  };
}

function bars({ series, rows }, look, token) {
  return {
    grid: { left: 8, right: 8, top: 24, bottom: 4, containLabel: true },
    xAxis: axis(look, { type: "category", data: rows.map((row) => row.name), axisLabel: { color: look.quiet, interval: 0 } }),
    yAxis: axis(look, { type: "value", axisLabel: { show: false } }),
    tooltip: { ...look.tooltip, trigger: "item" },
    series: [
      {
        type: "bar",
        name: series[0].name,
        barMaxWidth: 56,
        data: rows.map((row) => ({ value: row.values[0], itemStyle: { color: token(row.token), borderRadius: [3, 3, 0, 0] } })),
        label: { show: true, position: "top", color: look.ink, formatter: ({ dataIndex }) => rows[dataIndex].texts[0] },
      },
    ],
  };
}

function lines({ series, rows }, look, token) {
  const symbols = ["circle", "rect", "triangle", "diamond"];
  const values = rows.flatMap((row) => row.values).filter((value) => value !== null);
  const least = values.length ? Math.max(0, Math.floor((Math.min(...values) - 5) / 10) * 10) : 0;
  return {
    grid: { left: 8, right: 28, top: 32, bottom: 4, containLabel: true },
    legend: { top: 0, left: 0, itemHeight: 8, textStyle: { color: look.quiet } },
    xAxis: axis(look, { type: "category", data: rows.map((row) => row.name), boundaryGap: rows.length < 2 }),
    yAxis: axis(look, { type: "value", min: least, axisLabel: { color: look.quiet, formatter: "{value}%" } }),
    tooltip: { ...look.tooltip, trigger: "axis", valueFormatter: (value) => (value === null ? "–" : `${value}%`) },
    series: series.map((one, at) => ({
      type: "line",
      name: one.name,
      symbol: symbols[at % symbols.length],
      symbolSize: 7,
      connectNulls: false,
      color: token(one.token),
      lineStyle: { width: 2, type: at === 1 ? "dashed" : "solid" },
      data: rows.map((row) => row.values[at]),
    })),
  };
}

/** Stacked parts of a bill and its total as a line; values in yuan. */
/** Counts of many days: thin lines without marks, from nought. */
function days({ series, rows }, look, token) {
  return {
    grid: { left: 8, right: 28, top: 32, bottom: 4, containLabel: true },
    legend: { top: 0, left: 0, itemHeight: 8, textStyle: { color: look.quiet } },
    xAxis: axis(look, { type: "category", data: rows.map((row) => row.name), boundaryGap: false }),
    yAxis: axis(look, { type: "value", min: 0, minInterval: 1, axisLabel: { color: look.quiet, formatter: short } }),
    tooltip: { ...look.tooltip, trigger: "axis" },
    series: series.map((one, at) => ({
      type: "line",
      name: one.name,
      showSymbol: false,
      color: token(one.token),
      lineStyle: { width: 1.5, type: at === 1 ? "dashed" : "solid" },
      data: rows.map((row) => row.values[at]),
    })),
  };
}

function bill({ series, rows }, look, token) {
  return {
    grid: { left: 8, right: 8, top: 52, bottom: 4, containLabel: true },
    legend: { top: 0, left: 0, itemHeight: 8, itemWidth: 14, textStyle: { color: look.quiet } },
    xAxis: axis(look, { type: "category", data: rows.map((row) => row.name) }),
    yAxis: axis(look, { type: "value", axisLabel: { color: look.quiet, formatter: shortYuan } }),
    tooltip: { ...look.tooltip, trigger: "axis", valueFormatter: (value) => (value === null || value === undefined ? "–" : yuan(value, 2)) },
    series: series.map((one, at) => ({
      type: one.line ? "line" : "bar",
      name: one.name,
      stack: one.line ? undefined : "parts",
      symbolSize: 5,
      color: token(one.token),
      lineStyle: { width: 1.5 },
      data: rows.map((row) => row.values[at]),
    })),
  };
}

/** A legend that leaves the upper right corner to the buttons: on a narrow screen one entry a line. */
function besideButtons(width) {
  const isNarrow = width < 480;
  return { top: isNarrow ? 56 : 32, legend: { top: 0, left: 0, itemHeight: 8, ...(isNarrow && { orient: "vertical" }) } };
}

/** Shares from 0 to 100 over the categories; the first series filled, the others dashed for comparison. */
function curve({ series, rows }, look, token, width) {
  const every = rows.length > 25 ? (width < 480 ? 24 : 9) : 0;
  return {
    grid: { left: 8, right: 20, top: besideButtons(width).top, bottom: 4, containLabel: true },
    legend: { ...besideButtons(width).legend, textStyle: { color: look.quiet } },
    xAxis: axis(look, { type: "category", boundaryGap: false, data: rows.map((row) => row.name), axisLabel: { color: look.quiet, interval: every } }),
    yAxis: axis(look, { type: "value", min: 0, max: 100, axisLabel: { color: look.quiet, formatter: "{value}%" } }),
    tooltip: { ...look.tooltip, trigger: "axis", valueFormatter: (value) => (value === null ? "–" : `${value}%`) },
    series: series.map((one, at) => ({
      type: "line",
      name: one.name,
      showSymbol: false,
      color: token(one.token),
      lineStyle: { width: at ? 1 : 2, type: at ? "dashed" : "solid" },
      areaStyle: at ? undefined : { opacity: 0.12 },
      data: rows.map((row) => row.values[at]),
    })),
  };
}

/** Two shares side by side per category, in percent; sums are not drawn. */
function pairs({ series, rows, unit }, look, token, width) {
  const words = (value) => (unit === "yuan" ? yuan(value, 0) : `${value}%`);
  const parts = rows.filter((row) => !row.isSum);
  return {
    grid: { left: 8, right: 8, top: besideButtons(width).top, bottom: 4, containLabel: true },
    legend: { ...besideButtons(width).legend, itemWidth: 14, textStyle: { color: look.quiet } },
    xAxis: axis(look, { type: "category", data: parts.map((row) => row.name), axisLabel: { color: look.quiet, interval: 0, width: 90, overflow: "break" } }),
    yAxis: axis(look, { type: "value", axisLabel: { color: look.quiet, formatter: unit === "yuan" ? shortYuan : words } }),
    tooltip: { ...look.tooltip, trigger: "axis", valueFormatter: (value) => (value === null ? "–" : words(value)) },
    series: series.map((one, at) => ({
      type: "bar",
      name: one.name,
      barMaxWidth: 36,
      color: token(one.token),
      itemStyle: { borderRadius: [3, 3, 0, 0] },
      data: parts.map((row) => row.values[at]),
    })),
  };
}

/** One rate per category in percent, each in its own colour. */
function rates(data, look, token) {
  const drawn = bars({ series: data.series, rows: data.rows.filter((row) => !row.isSum) }, look, token);
  drawn.yAxis.max = 100;
  return drawn;
}

/** From a start over steps up and down to an end; the sums stand on the ground, the steps on what came before. */
function waterfall({ series, rows }, look, token, width) {
  const isNarrow = width < 480;
  let level = 0;
  const steps = rows.map((row) => {
    const value = row.values[0] ?? 0;
    const from = row.isSum ? 0 : level;
    level = row.isSum ? value : level + value;
    return { ground: Math.min(from, level), height: Math.abs(level - from), row };
  });
  return {
    grid: { left: 8, right: 8, top: 48, bottom: 4, containLabel: true },
    xAxis: axis(look, {
      type: "category",
      data: rows.map((row) => row.name),
      axisLabel: { color: look.quiet, interval: 0, width: isNarrow ? 110 : 64, overflow: "break", rotate: isNarrow ? 60 : 0 },
    }),
    yAxis: axis(look, { type: "value", axisLabel: { show: false }, splitLine: { show: false } }),
    tooltip: { ...look.tooltip, trigger: "item", formatter: ({ dataIndex }) => `${rows[dataIndex].name}: ${rows[dataIndex].texts[0]}` },
    series: [
      { type: "bar", stack: "steps", silent: true, itemStyle: { color: "transparent" }, data: steps.map((step) => step.ground) },
      {
        type: "bar",
        stack: "steps",
        name: series[0].name,
        barMaxWidth: 56,
        data: steps.map((step) => ({ value: step.height, itemStyle: { color: token(step.row.token) } })),
        label: { show: true, position: "top", color: look.ink, formatter: ({ dataIndex }) => rows[dataIndex].texts[0] },
      },
    ],
  };
}

/** What came above the line and what went below it, each month or place; a series that is a line has the axis to the right. */
function moves({ series, rows }, look, token, width) {
  const whole = (value) => (value === null || value === undefined ? "–" : value.toLocaleString("en"));
  const parts = rows.filter((row) => !row.isSum);
  const sideways = axis(look, { type: "value", axisLabel: { color: look.quiet, formatter: (value) => short(Math.abs(value)) } });
  return {
    grid: { left: 8, right: 8, top: width < 480 ? 24 + 20 * series.length : besideButtons(width).top, bottom: 4, containLabel: true },
    legend: { ...besideButtons(width).legend, itemWidth: 14, textStyle: { color: look.quiet } },
    xAxis: axis(look, { type: "category", data: parts.map((row) => row.name), axisLabel: { color: look.quiet, hideOverlap: true } }),
    yAxis: [sideways, { ...sideways, scale: true, splitLine: { show: false } }],
    tooltip: { ...look.tooltip, trigger: "axis", valueFormatter: (value) => whole(value === null ? null : Math.abs(value)) },
    series: series.map((one, at) => ({
      type: one.line ? "line" : "bar",
      name: one.name,
      stack: one.line ? undefined : "moves",
      yAxisIndex: one.line ? 1 : 0,
      barMaxWidth: 36,
      symbolSize: 6,
      color: token(one.token),
      lineStyle: { width: 2 },
      data: parts.map((row) => (one.goes && row.values[at] !== null ? -row.values[at] : row.values[at])),
    })),
  };
}

const CELL = { width: 76, height: 30, label: 128 }; // of a heat map, in pixels

/** How large the picture of a table is. */
function sizeOf({ grid }) {
  return [Math.max(480, CELL.label + 24 + CELL.width * grid.columns.length), 96 + CELL.height * grid.rows.length];
}

/** A table by its shades: the same colours and words as in the page. */
function heat({ grid, title }, look, token) {
  const shades = [0, 1, 2, 3, 4, 5];
  const isDark = document.documentElement.dataset.bsTheme === "dark";
  const ink = (shade) => (shade < 4 ? look.ink : isDark ? "#0b1722" : "#fff");
  return {
    title: { text: title, left: 8, top: 8, textStyle: { fontSize: 14, fontWeight: 600, color: look.ink } },
    grid: { left: CELL.label, right: 16, top: 64, bottom: 16 },
    xAxis: axis(look, { type: "category", position: "top", data: grid.columns, axisLine: { show: false }, axisLabel: { color: look.quiet, interval: 0, width: CELL.width - 4, overflow: "truncate" } }),
    yAxis: axis(look, { type: "category", inverse: true, data: grid.rows, axisLine: { show: false }, axisLabel: { color: look.quiet, interval: 0, width: CELL.label - 12, overflow: "truncate" } }),
    visualMap: { show: false, type: "piecewise", dimension: 2, pieces: [{ value: -1, color: look.surface }, ...shades.map((shade) => ({ value: shade, color: token(`--cvm-heat-${shade}`) }))] },
    series: [
      {
        type: "heatmap",
        itemStyle: { borderColor: look.surface, borderWidth: 2, borderRadius: 4 },
        data: grid.cells.map(([x, y, shade, text]) => ({ value: [x, y, shade], label: { show: true, color: ink(shade), formatter: () => text } })),
      },
    ],
  };
}

/** Flows between two sides: row = from, first series = to (its text and token), second = how many. */
function sankey({ series, rows }, look, token, width) {
  const isNarrow = width < 480;
  const flows = rows.filter((row) => row.values[1] > 0);
  const nodes = new Map();
  const side = (name, at, colour) => {
    const key = `${at}:${name}`;
    if (!nodes.has(key)) nodes.set(key, { name: key, depth: at, itemStyle: { color: token(colour) }, label: { position: at ? "left" : "right" } });
    return key;
  };
  const order = [...new Set(rows.map((row) => row.name))]; // as the table says it, on both sides
  const place = (row) => (order.includes(row.texts[0]) ? order.indexOf(row.texts[0]) : order.length);
  for (const row of flows) side(row.name, 0, row.token);
  for (const row of flows.toSorted((one, other) => place(one) - place(other))) side(row.texts[0], 1, row.tokens[0]);
  const plain = (key) => key.slice(2);
  return {
    tooltip: {
      ...look.tooltip,
      trigger: "item",
      formatter: ({ dataType, data, name, value }) =>
        dataType === "edge" ? `${plain(data.source)} → ${plain(data.target)}: ${data.text}` : `${plain(name)}: ${value.toLocaleString("en")}`,
    },
    series: [
      {
        type: "sankey",
        left: 4,
        right: 4,
        top: isNarrow ? 36 : 30,
        bottom: 6,
        nodeWidth: 14,
        nodeGap: 12,
        layoutIterations: 0, // the stages stand in the order of life on both sides
        draggable: false,
        emphasis: { focus: "adjacency" },
        label: { color: look.ink, fontSize: isNarrow ? 11 : 12, formatter: ({ name }) => plain(name) },
        lineStyle: { color: "source", opacity: 0.38, curveness: 0.5 },
        data: [...nodes.values()],
        links: flows.map((row) => ({
          source: `0:${row.name}`,
          target: `1:${row.texts[0]}`,
          value: row.values[1],
          text: row.texts[1],
          url: row.url,
        })),
      },
    ],
  };
}

/** Shares that only fall, as steps: what of each series is still there after so many months. */
function survival({ series, rows }, look, token, width) {
  const symbols = ["circle", "rect", "triangle", "diamond", "roundRect"];
  const top = width < 480 ? 16 + 18 * series.length : besideButtons(width).top; // below a legend of one entry a line
  return {
    grid: { left: 8, right: 20, top, bottom: 4, containLabel: true },
    legend: { ...besideButtons(width).legend, textStyle: { color: look.quiet } },
    xAxis: axis(look, { type: "category", boundaryGap: false, data: rows.map((row) => row.name) }),
    yAxis: axis(look, { type: "value", min: 0, max: 100, axisLabel: { color: look.quiet, formatter: "{value}%" } }),
    tooltip: { ...look.tooltip, trigger: "axis", valueFormatter: (value) => (value === null || value === undefined ? "–" : `${value}%`) },
    series: series.map((one, at) => ({
      type: "line",
      step: "end",
      name: one.name,
      symbol: symbols[at % symbols.length],
      symbolSize: 6,
      color: token(one.token),
      lineStyle: { width: 2 },
      data: rows.map((row) => row.values[at]),
    })),
  };
}
