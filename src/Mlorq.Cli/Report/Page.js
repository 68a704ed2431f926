"use strict";
(() => {
  // Everything is shown as text: names come from files, and nothing of them may become markup.
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = id => document.getElementById(id);
  const svgNamespace = "http://www.w3.org/2000/svg";

  function put(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "colour") element.style.background = value;
      else if (name === "width%") element.style.width = `${value}%`;
      else element.setAttribute(name, value);
    }
    for (const child of (children ?? []).flat()) if (child !== null && child !== undefined) element.append(child);
    return element;
  }
  const el = (tag, attributes, ...children) => put(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) => put(document.createElementNS(svgNamespace, tag), attributes, children);

  // Numbers.
  const whole = value => value.toLocaleString("en-US");
  const fixed = (value, digits) => value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const known = (value, text) => value === null || value === undefined ? "–" : text(value);
  const megabytes = bytes => bytes >= 1e6 ? `${fixed(bytes / 1e6, bytes >= 1e8 ? 0 : bytes >= 1e7 ? 1 : 2)}\u00a0MB` : bytes >= 1e3 ? `${fixed(bytes / 1e3, bytes >= 1e5 ? 0 : 1)}\u00a0kB` : `${fixed(bytes, 0)}\u00a0B`;
  const decibels = value => known(value, v => `${fixed(v, 1)}\u00a0dB`);
  const percent = (value, digits = 1) => known(value, v => `${fixed(100 * v, digits)}\u00a0%`);
  const small = value => known(value, v => v === 0 ? "0" : v.toExponential(1).replace("e+", "e"));
  const bits = value => Number.isInteger(value) ? `${value}` : fixed(value, 1);
  // Lines of a name break after its separators.
  const breakable = name => name.split(/(?<=[/.])/).flatMap((part, i) => i === 0 ? [part] : [el("wbr"), part]);
  const sum = (items, of) => items.reduce((total, item) => total + (of(item) ?? 0), 0);

  const layers = data.layers;
  const totalCost = sum(layers, l => l.cost);
  for (const layer of layers) {
    layer.share = layer.sizeInBytes / data.sizeInBytes;
    layer.costShare = layer.cost === null || !(totalCost > 0) ? null : layer.cost / totalCost;
  }

  // Head and summary.
  const ratio = data.originalSizeInBytes / data.sizeInBytes;
  const comparison = data.comparison;
  const isMeasured = comparison !== null && comparison.original !== null;
  byId("title").textContent = data.output;
  byId("origin").textContent = `from ${data.source}, ${fixed(ratio, 1)} times smaller`;
  const finished = data.facts.find(f => f[0] === "Finished");
  if (finished) byId("origin").append(" · ", el("span", { class: "whole" }, finished[1]));

  function headline(what, value, more) {
    byId("headline").append(el("div", {}, el("span", { class: "what" }, what), el("span", { class: "value" }, value), more ? el("span", { class: "more" }, more) : null));
  }
  headline("Size", megabytes(data.sizeInBytes), `of ${megabytes(data.originalSizeInBytes)}, 1 / ${fixed(ratio, 1)}`);
  headline("Outputs", decibels(data.measuredInDecibels), "signal-to-noise, measured");
  if (isMeasured) headline("Top-1 accuracy", percent(comparison.compressed.top1), `${percent(comparison.original.top1)} before`);
  if (comparison) headline("Same first answer", percent(comparison.agreement), `${whole(comparison.inputs)} ${comparison.isCalibration ? "calibration inputs" : "pictures"}`);
  headline("Weights in memory", megabytes(data.residentInBytes), "when loaded, as predicted");

  if (data.isSynthetic) byId("headline").before(el("p", { class: "warning", role: "note" }, "Calibrated with random inputs, for trying things out: errors and accuracy say nothing about real inputs, and the file should not be used."));

  const rows = [
    ["File size", `${whole(data.originalSizeInBytes)} B`, `${whole(data.sizeInBytes)} B`],
    ["Budget", "", `${whole(data.budgetInBytes)} B, ${percent(data.sizeInBytes / data.budgetInBytes)} used`],
  ];
  if (isMeasured) {
    rows.push(["Top-1 accuracy", percent(comparison.original.top1), percent(comparison.compressed.top1)]);
    if (comparison.original.top5 !== null) rows.push(["Top-5 accuracy", percent(comparison.original.top5), percent(comparison.compressed.top5)]);
  }
  if (comparison) rows.push(["Inputs with the same first answer", "", `${whole(comparison.inputs - comparison.different)} of ${whole(comparison.inputs)}`]);
  rows.push(
    ["Signal-to-noise of the outputs, measured", "", decibels(data.measuredInDecibels)],
    ["Signal-to-noise of the outputs, expected by the plan", "", decibels(data.expectedInDecibels)],
    ["Optimality gap of the plan", "", data.gap],
    ["Runtime profile", "", data.runtime]);
  if (data.activations) rows.push(["Activations", "float", data.activations]);
  if (data.latency) rows.push(["Latency", "", `${fixed(data.latency.predicted, 2)} ms predicted, ${fixed(data.latency.limit, 2)} ms allowed`]);
  for (const step of data.steps) rows.push([step.name, "", step.outcome]);
  put(byId("summary-table"), {}, [
    el("thead", {}, el("tr", {}, el("th", {}), el("th", { scope: "col" }, "before"), el("th", { scope: "col" }, "after"))),
    el("tbody", {}, rows.map(([name, before, after]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, before), el("td", {}, after)))),
  ]);

  // Bytes: before and after on one scale, then after by form.
  function groups(of, size, rest) {
    const found = new Map();
    for (const layer of layers) found.set(of(layer), (found.get(of(layer)) ?? 0) + size(layer));
    return [...found, ["rest of the file", rest]].filter(([, bytes]) => bytes > 0);
  }
  const kindNames = { linear: "linear layers", convolution: "convolutions", body: "weights in bodies", table: "tables", constant: "other constants" };
  const kindColours = { "linear layers": "var(--accent)", convolutions: "var(--second)", "weights in bodies": "var(--second)", tables: "var(--third)", "other constants": "var(--ramp-16)", "rest of the file": "var(--ramp-rest)" };
  function formColour(group) {
    if (group === "low rank") return "var(--ramp-rank)";
    if (group === "rest of the file") return "var(--ramp-rest)";
    const width = { "2 bits": 2, "2 and 3 bits": 3, "2 and 4 bits": 3, "3 bits": 3, "3 and 4 bits": 4, "4 bits": 4, "6 bits": 6, "8 bits": 8, "8-bit rows": 8, fp16: 16, fp32: 32 }[group] ?? 32;
    return group.includes(" and ") ? `color-mix(in srgb, var(--ramp-${width}), var(--ramp-${width === 3 ? 2 : 3}))` : `var(--ramp-${width})`;
  }
  function stack(title, parts, total, scale, colour) {
    const shown = sum(parts, p => p[1]);
    byId("sizes-chart").append(el("div", { class: "breakdown" },
      el("div", { class: "caption" }, el("span", {}, title), el("b", {}, megabytes(total))),
      el("div", { class: "stack", role: "img", "aria-label": `${title}: ${parts.map(([name, bytes]) => `${name} ${megabytes(bytes)}`).join(", ")}` },
        parts.map(([name, bytes]) => el("span", { colour: colour(name), "width%": 100 * bytes / scale, title: `${name}: ${megabytes(bytes)}` }))),
      el("ul", { class: "legend" }, parts.map(([name, bytes]) => el("li", {}, el("i", { colour: colour(name) }), name, el("b", {}, `${megabytes(bytes)} · ${percent(bytes / shown)}`))))));
  }
  const kindOf = layer => kindNames[layer.kind];
  const order = ["2 bits", "2 and 3 bits", "2 and 4 bits", "3 bits", "3 and 4 bits", "4 bits", "6 bits", "8 bits", "8-bit rows", "low rank", "fp16", "fp32", "rest of the file"];
  const byForm = groups(l => l.group, l => l.sizeInBytes, data.restInBytes).sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]));
  const largest = Math.max(data.originalSizeInBytes, data.sizeInBytes);
  byId("sizes-note").textContent = "Before and after on the same scale, by kind of layer; then the compressed file alone, by how layers are stored. The rest is the graph: nodes, names, metadata.";
  stack("Before", groups(kindOf, l => l.originalSizeInBytes, data.originalRestInBytes), data.originalSizeInBytes, largest, n => kindColours[n]);
  stack("After", groups(kindOf, l => l.sizeInBytes, data.restInBytes), data.sizeInBytes, largest, n => kindColours[n]);
  stack("After, by form", byForm, data.sizeInBytes, data.sizeInBytes, formColour);

  // Layers in graph order: strips with one axis of layers.
  const drawn = layers.filter(l => l.kind !== "constant");
  const block = layer => /(\d+)/.exec(layer.name)?.[1] ?? "";
  const hasRanks = drawn.some(l => l.rank !== null);
  const strips = [
    { title: "Bits per weight", of: l => l.bits, text: bits },
    hasRanks ? { title: "Rank, of full rank", of: l => l.rank === null ? null : l.rank / l.fullRank, text: v => percent(v, 0), most: 1 } : null,
    { title: "Bytes", of: l => l.sizeInBytes, text: megabytes },
    { title: "Cost: share of the expected error", of: l => l.costShare, text: v => percent(v), second: true },
    { title: "Weights after rounding, dB", of: l => l.values, text: v => fixed(v, 0), dots: true },
    { title: "Outputs after rounding, dB", of: l => l.outputs, text: v => fixed(v, 0), dots: true, second: true },
  ].filter(s => s !== null && drawn.some(l => s.of(l) !== null));

  function describe(layer) {
    return [
      `${layer.form}, [${layer.shape.join(", ")}]`,
      `${bits(layer.bits)} bits`,
      layer.rank === null ? null : `rank ${layer.rank} of ${layer.fullRank}`,
      `${whole(layer.sizeInBytes)} B`,
      `cost ${small(layer.cost)}${layer.costShare === null ? "" : ` (${percent(layer.costShare)})`}`,
      `weights ${decibels(layer.values)}`,
      layer.outputs === null ? null : `outputs ${decibels(layer.outputs)}`,
    ].filter(t => t !== null).join(" · ");
  }

  function drawStrips() {
    const host = byId("strips");
    const width = Math.max(280, host.clientWidth);
    const left = 58, right = 8, plot = 62, gap = 34;
    const step = (width - left - right) / drawn.length;
    const height = strips.length * (plot + gap) + 22;
    const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `Charts of ${drawn.length} layers in graph order: ${strips.map(s => s.title).join("; ")}. The table has the numbers.` });
    const x = i => left + i * step;
    const bottom = strips.length * (plot + gap);
    // Every other block has a band, with its number where there is room.
    for (let start = 0, odd = false; start < drawn.length;) {
      let end = start;
      while (end < drawn.length && block(drawn[end]) === block(drawn[start])) end++;
      if (odd) picture.append(svg("rect", { class: "band", x: x(start), y: 0, width: (end - start) * step, height: bottom + 2 }));
      if ((end - start) * step > 16 && block(drawn[start]) !== "") picture.append(svg("text", { x: x((start + end) / 2), y: bottom + 16, "text-anchor": "middle" }, block(drawn[start])));
      odd = !odd;
      start = end;
    }
    strips.forEach((strip, s) => {
      const top = s * (plot + gap) + gap - 8, base = top + plot;
      const values = drawn.map(strip.of);
      const most = strip.most ?? Math.max(...values.filter(v => v !== null), 0);
      const least = strip.dots ? Math.min(0, ...values.filter(v => v !== null)) : 0;
      const y = v => base - (most > least ? (v - least) / (most - least) : 0) * plot;
      picture.append(svg("text", { class: "strong", x: left, y: top - 7 }, strip.title));
      for (const tick of [least, least + (most - least) / 2, most]) {
        picture.append(svg("line", { class: "axis", x1: left, x2: width - right, y1: y(tick), y2: y(tick) }));
        picture.append(svg("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, strip.text(tick)));
      }
      values.forEach((value, i) => {
        if (value === null) return;
        const kind = strip.second ? " second" : "";
        if (strip.dots) picture.append(svg("circle", { class: `dot${kind}`, cx: x(i + .5), cy: y(value), r: Math.min(4, Math.max(2, step / 3)) }));
        else picture.append(svg("rect", { class: `bar${kind}`, x: x(i + .12), y: y(value), width: Math.max(.8, step * .76), height: Math.max(value > 0 ? 1 : 0, base - y(value)) }));
      });
    });
    const hover = svg("rect", { class: "hover", y: 0, width: step, height: bottom, visibility: "hidden" });
    picture.append(hover);
    picture.addEventListener("pointermove", event => {
      const box = picture.getBoundingClientRect();
      const i = Math.floor(((event.clientX - box.left) * width / box.width - left) / step);
      if (i < 0 || i >= drawn.length) return;
      hover.setAttribute("x", x(i));
      hover.setAttribute("visibility", "visible");
      byId("strips-reading").replaceChildren(el("b", {}, drawn[i].name), el("br"), describe(drawn[i]));
    });
    picture.addEventListener("click", event => {
      const box = picture.getBoundingClientRect();
      const i = Math.floor(((event.clientX - box.left) * width / box.width - left) / step);
      if (event.pointerType === "mouse" && drawn[i]) show(drawn[i]);
    });
    host.replaceChildren(picture);
  }

  // The table.
  const form = next => next === null ? null : [next.form, el("small", {}, `${whole(next.sizeInBytes)} B, ${small(next.cost)}`)];
  const columns = [
    { head: "#", key: l => l.index, cell: l => `${l.index}` },
    { head: "layer", key: l => l.name, cell: l => [...breakable(l.name), el("small", {}, `${l.kind} [${l.shape.join(", ")}]`)], style: "name", ascending: true },
    { head: "stored as", key: l => l.form, cell: l => l.form, style: "text", ascending: true },
    { head: "bits", key: l => l.bits, cell: l => bits(l.bits) },
    hasRanks ? { head: "rank", key: l => l.rank, cell: l => known(l.rank, r => `${r} / ${l.fullRank}`) } : null,
    { head: "bytes", key: l => l.sizeInBytes, cell: l => whole(l.sizeInBytes) },
    { head: "of file", key: l => l.share, cell: l => percent(l.share) },
    { head: "cost", key: l => l.cost, cell: l => l.standardError > 0 ? [small(l.cost), el("small", {}, `± ${small(l.standardError)}`)] : small(l.cost) },
    { head: "of cost", key: l => l.costShare, cell: l => percent(l.costShare) },
    { head: "weights", key: l => l.values, cell: l => l.values === null ? "exact" : decibels(l.values) },
    { head: "outputs", key: l => l.outputs, cell: l => decibels(l.outputs) },
    data.hasPrices ? { head: "next cheaper", key: l => l.cheaper?.cost, cell: l => form(l.cheaper) ?? "–", style: "text" } : null,
    data.hasPrices ? { head: "next better", key: l => l.better?.cost, cell: l => form(l.better) ?? "–", style: "text" } : null,
  ].filter(c => c !== null);
  const table = byId("layer-table");
  const body = table.tBodies[0];
  const rowOf = new Map();
  let sorting = { column: columns[0], ascending: true };

  for (const layer of layers) rowOf.set(layer, el("tr", { "data-layer": layer.name }, columns.map(c => el("td", { class: c.style }, c.cell(layer)))));
  table.tHead.append(el("tr", {}, columns.map(column => {
    const button = el("button", { type: "button" }, column.head);
    button.addEventListener("click", () => {
      sorting = { column, ascending: sorting.column === column ? !sorting.ascending : column.ascending === true || column.head === "#" };
      fill();
    });
    return column.th = el("th", { scope: "col", class: column.style === "text" || column.style === "name" ? "text" : null }, button);
  })));
  const kinds = [...new Set(layers.map(l => l.kind))];
  put(byId("kind"), {}, [el("option", { value: "" }, "all"), kinds.map(k => el("option", { value: k }, kindNames[k]))]);

  function isShown(layer) {
    const kind = byId("kind").value;
    const words = byId("filter").value.toLowerCase().split(/\s+/).filter(w => w.length > 0);
    const text = `${layer.name} ${layer.tensor} ${layer.form} ${layer.group}`.toLowerCase();
    return (kind === "" || layer.kind === kind) && words.every(w => text.includes(w));
  }
  // Layers without a value come last in either direction.
  function compare(a, b) {
    const [x, y] = [sorting.column.key(a) ?? null, sorting.column.key(b) ?? null];
    if (x === null || y === null) return (x === null) - (y === null) || a.index - b.index;
    const difference = typeof x === "string" ? x.localeCompare(y, "en", { numeric: true }) : x - y;
    return (sorting.ascending ? difference : -difference) || a.index - b.index;
  }
  function fill() {
    const shown = layers.filter(isShown).sort(compare);
    body.replaceChildren(...shown.map(l => rowOf.get(l)));
    for (const column of columns) {
      if (column === sorting.column) column.th.setAttribute("aria-sort", sorting.ascending ? "ascending" : "descending");
      else column.th.removeAttribute("aria-sort");
    }
    byId("count").textContent = `${shown.length} of ${layers.length} layers`;
    const totals = { bytes: whole(sum(shown, l => l.sizeInBytes)), "of file": percent(sum(shown, l => l.share)), cost: small(sum(shown, l => l.cost)), "of cost": percent(sum(shown, l => l.costShare)) };
    table.tFoot.replaceChildren(el("tr", {}, columns.map(c => el("td", {}, c.head === "layer" ? "together" : totals[c.head] ?? ""))));
  }
  function show(layer) {
    byId("filter").value = "";
    byId("kind").value = "";
    fill();
    for (const row of rowOf.values()) row.classList.remove("found");
    rowOf.get(layer).classList.add("found");
    rowOf.get(layer).scrollIntoView({ block: "center" });
  }
  byId("filter").addEventListener("input", fill);
  byId("kind").addEventListener("change", fill);

  // What is no layer.
  const heads = (...names) => el("tr", {}, names.map(([name, isText]) => el("th", { scope: "col", class: isText ? "text" : null }, name)));
  const keptTable = byId("kept-table");
  keptTable.tHead.append(heads(["what", true], ["count"], ["bytes"], ["of file"], ["why", true]));
  keptTable.tBodies[0].append(...data.kept.map(p => el("tr", {}, el("td", { class: "name" }, ...breakable(p.name)), el("td", {}, whole(p.count)), el("td", {}, whole(p.sizeInBytes)), el("td", {}, percent(p.sizeInBytes / data.sizeInBytes)), el("td", { class: "text" }, p.reason))));
  keptTable.tFoot.append(el("tr", {}, el("td", {}, "together"), el("td", {}), el("td", {}, whole(data.restInBytes)), el("td", {}, percent(data.restInBytes / data.sizeInBytes)), el("td", {})));

  // Singular values.
  function spectrum(item) {
    const width = 260, height = 150, left = 34, right = 6, top = 8, bottom = 24;
    const least = Math.max(1e-3, Math.min(...item.points.map(p => p[1]).filter(v => v > 0)));
    const x = k => left + (k - 1) / Math.max(1, item.fullRank - 1) * (width - left - right);
    const y = v => top + Math.log(Math.max(v, least)) / Math.log(Math.min(least, .5)) * (height - top - bottom);
    const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `Singular values of ${item.name}: ${item.rankFor90} of ${item.fullRank} hold 90 %, ${item.rankFor99} hold 99 %` });
    for (const tick of (least > .05 ? [1, .5, .2, .1] : [1, .1, .01, .001]).filter(t => t >= least * .999)) {
      picture.append(svg("line", { class: "axis", x1: left, x2: width - right, y1: y(tick), y2: y(tick) }), svg("text", { x: left - 5, y: y(tick) + 4, "text-anchor": "end" }, `${tick}`));
    }
    for (const [k, name] of [[item.rankFor90, "90\u00a0%"], [item.rankFor99, "99\u00a0%"]]) {
      picture.append(svg("line", { class: "mark", x1: x(k), x2: x(k), y1: top, y2: height - bottom }), svg("text", { x: x(k), y: height - bottom + 14, "text-anchor": x(k) > width - 30 ? "end" : "middle" }, name));
    }
    if (item.rank !== null) picture.append(svg("line", { class: "mark rank", x1: x(item.rank), x2: x(item.rank), y1: top, y2: height - bottom }));
    picture.append(svg("polyline", { class: "line", points: item.points.map(([k, v]) => `${x(k).toFixed(1)},${y(v).toFixed(1)}`).join(" ") }));
    return el("figure", {}, picture, el("figcaption", {}, el("b", {}, item.name),
      `[${item.shape.join(", ")}], stored as ${item.form}; ${item.rankFor90} of ${item.fullRank} hold 90\u00a0%, ${item.rankFor99} hold 99\u00a0%`));
  }
  byId("spectra-charts").append(...data.spectra.map(spectrum));

  // Answers.
  if (comparison) {
    const where = comparison.isCalibration
      ? `${whole(comparison.inputs)} calibration inputs, which the compression was fitted to: on others both models differ somewhat more often`
      : `${whole(comparison.inputs)} pictures that are not the calibration inputs`;
    byId("answers-note").textContent = comparison.different === 0
      ? `Original and compressed model give the same first answer on all of ${where}.`
      : `Original and compressed model give another first answer on ${whole(comparison.different)} of ${where}.${comparison.different > comparison.examples.length ? ` Shown are the ${comparison.examples.length} where the original was surest.` : ""} Percentages are shares after softmax.${isMeasured ? " ✓ marks the right answer." : ""}`;
    const answer = a => el("dd", { class: a.isRight ? "right" : null }, `${a.class}, ${percent(a.share, 0)}`);
    byId("answers-examples").append(...comparison.examples.map(e => el("figure", {},
      e.picture ? el("img", { src: e.picture, alt: e.name, class: e.picture.startsWith("data:image/png") ? "small" : null }) : null,
      el("figcaption", {}, e.name, el("dl", {},
        e.label === null ? null : [el("dt", {}, "label"), el("dd", {}, e.label)],
        el("dt", {}, "before"), answer(e.original), el("dt", {}, "after"), answer(e.compressed))))));
  }

  // Reproduction.
  byId("command").textContent = data.commandLine;
  byId("copy").hidden = !navigator.clipboard;
  byId("copy").addEventListener("click", () => navigator.clipboard.writeText(data.commandLine).then(() => { byId("copy").textContent = "Copied"; }, () => { byId("copy").hidden = true; }));
  const pairs = list => list.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", { class: "wrap" }, value)));
  byId("facts").append(el("tbody", {}, pairs(data.facts)));
  byId("options").append(el("tbody", {}, pairs(data.options)));

  // Sections without anything to show.
  byId("curve").hidden = !document.querySelector(".size-curve");
  byId("spectra").hidden = data.spectra.length === 0;
  byId("answers").hidden = comparison === null;
  byId("graph").hidden = drawn.length === 0;
  for (const section of document.querySelectorAll("main > section")) {
    if (!section.hidden) byId("contents").append(el("a", { href: `#${section.id}` }, section.querySelector("h2").textContent));
  }

  fill();
  // The observer calls once at the start.
  let width = 0;
  if (drawn.length > 0) {
    new ResizeObserver(() => {
      if (byId("strips").clientWidth === width) return;
      width = byId("strips").clientWidth;
      drawStrips();
    }).observe(byId("strips"));
  }
})();
