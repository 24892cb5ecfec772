// Values over time as SVG, with one cursor and one time axis for all plots of a run. Knows no record: a
// line takes its value from whatever item it is given; null is a gap.
//
// A frame says what all plots share: {from, to} in seconds, spans [{name, from, to}] behind the lines and
// marks [{at, label}] across them.

const plotSize = {left: 52, right: 8, top: 18, bottom: 20, height: 150};

function niceStep(span, wanted) {
  const raw = span / Math.max(1, wanted), power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].find(each => each * power >= raw * 0.999) * power;
}

function clockStep(span, wanted) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
  return steps.find(each => span / each <= wanted) || 86400 * Math.ceil(span / wanted / 86400);
}

// Where values stand, from the bottom: {at(value) in 0..1, ticks}.
function linearScale(greatest, floor) {
  const step = niceStep(Math.max(greatest, floor), 3), top = Math.max(step, Math.ceil(Math.max(greatest, floor) / step - 1e-9) * step);
  const ticks = [];
  for (let i = 0; i * step <= top * 1.0001; i++) ticks.push(i * step);
  return {at: value => value / top, ticks};
}

function logScale(least, greatest) {
  const from = 10 ** Math.floor(Math.log10(least)), to = Math.max(from * 10, 10 ** Math.ceil(Math.log10(greatest) - 1e-9));
  const ticks = [];
  for (let tick = from; tick <= to * 1.001; tick *= 10) ticks.push(tick);
  return {at: value => Math.log10(Math.max(value, from) / from) / Math.log10(to / from), ticks};
}

// At most two points for each bucket, the least and the greatest, in their order: peaks survive.
function thinned(points, buckets) {
  if (points.length <= 2 * buckets) return points;
  const out = [], size = points.length / buckets;
  for (let i = 0; i < buckets; i++) {
    const part = points.slice(Math.floor(i * size), Math.floor((i + 1) * size)), seen = part.filter(point => point.y !== null);
    if (!seen.length) { out.push(part[0]); continue; }
    const low = seen.reduce((a, b) => b.y < a.y ? b : a), high = seen.reduce((a, b) => b.y > a.y ? b : a);
    out.push(...(low === high ? [low] : low.x < high.x ? [low, high] : [high, low]));
  }
  return out;
}

// A path through the points; a point between two gaps becomes a dot, by the round end of its stroke.
function pathOf(points, x, y) {
  let out = "", open = false;
  for (const point of points) {
    if (point.y === null) { open = false; continue; }
    out += (open ? "L" : "M") + x(point.x).toFixed(1) + " " + y(point.y).toFixed(1) + (open ? "" : "h0");
    open = true;
  }
  return out;
}

// The ground below the same path: of each run of points between two gaps.
function areaOf(points, x, y, bottom) {
  let out = "", open = false;
  for (const point of [...points, {y: null}]) {
    if (point.y === null) { out += open ? "V" + bottom + "Z" : ""; open = false; continue; }
    out += (open ? "L" : "M" + x(point.x).toFixed(1) + " " + bottom + "L") + x(point.x).toFixed(1) + " " + y(point.y).toFixed(1);
    open = true;
  }
  return out;
}

// Labels of marks and spans that would stand on each other are joined or left out.
function joined(marks, x) {
  const groups = [];
  for (const mark of marks) {
    const last = groups[groups.length - 1];
    if (last && x(mark.at) - last.right < 14) { last.labels.push(mark.label); last.right = x(mark.at); }
    else groups.push({left: x(mark.at), right: x(mark.at), labels: [mark.label]});
  }
  return groups.map(group => ({x: (group.left + group.right) / 2, text: group.labels.length > 1 ? group.labels[0] + "\u2013" + group.labels[group.labels.length - 1] : group.labels[0]}));
}

// The ground all plots stand on: spans, axes, marks.
function groundOf(frame, width, bottom, yTicks, yAt, write) {
  const {left, right, top} = plotSize, inner = width - left - right;
  const x = at => left + inner * (at - frame.from) / Math.max(1e-9, frame.to - frame.from);
  const back = svg("g", {class: "ground"}), front = svg("g", {class: "marks"});
  frame.spans.forEach((span, i) => {
    const begin = x(span.from), end = x(span.to);
    if (i % 2) back.append(svg("rect", {class: "span", x: begin.toFixed(1), y: top, width: Math.max(0, end - begin).toFixed(1), height: bottom - top}));
    if (end - begin > 7 * span.name.length + 6) back.append(svg("text", {x: (begin + 3).toFixed(1), y: 11}, span.name));
  });
  for (const tick of yTicks) {
    back.append(svg("line", {x1: left, x2: width - right, y1: yAt(tick).toFixed(1), y2: yAt(tick).toFixed(1)}),
      svg("text", {x: left - 5, y: (yAt(tick) + 4).toFixed(1), "text-anchor": "end"}, write(tick)));
  }
  const step = clockStep(frame.to - frame.from, inner / 56);
  for (let at = Math.ceil(frame.from / step) * step; at <= frame.to + 1e-6; at += step) {
    back.append(svg("text", {x: Math.min(x(at), width - right - 10).toFixed(1), y: bottom + 15, "text-anchor": at === 0 ? "start" : "middle"}, clock(at)));
  }
  for (const mark of frame.marks) front.append(svg("line", {x1: x(mark.at).toFixed(1), x2: x(mark.at).toFixed(1), y1: top, y2: bottom}));
  for (const group of joined(frame.marks, x)) {
    const half = 4 + 3.5 * group.text.length, at = Math.min(width - half, group.x);
    front.append(svg("rect", {x: (at - half).toFixed(1), y: top - 1, width: 2 * half, height: 14, rx: 4}),
      svg("text", {x: at.toFixed(1), y: top + 10, "text-anchor": "middle"}, group.text));
  }
  return {x, back, front};
}

// One plot. `about`: {title, unit, write for axes, read for values, scale: "linear" or "log", floor, lines: [{name, of(item), style, fills,
// absent: what is said when no item has a value}]}.
// Items have `at_s` and come in its order. Gives {node, update(items, frame), point(at)}.
function timePlot(about) {
  const holder = el("div", {class: "canvas"}), values = about.lines.map(() => el("span", {class: "value"}));
  const node = el("figure", {class: "plot"}, el("figcaption", {}, el("span", {class: "name"}, about.title), about.unit ? el("span", {class: "soft small"}, " " + about.unit) : "",
    el("div", {class: "legend small"}, ...about.lines.map((line, i) => el("span", {}, keyOf(line), line.name + " ", values[i])))), holder);
  let items = [], frame = null, x = null, cursor = null, wide = 0, absent = [];
  const most = line => items.reduce((a, item) => Math.max(a, line.of(item) ?? 0), 0);
  const draw = () => {
    const width = Math.max(240, wide), bottom = plotSize.top + plotSize.height;
    const tops = about.lines.map(most), seen = items.flatMap(item => about.lines.map(line => line.of(item))).filter(value => value > 0);
    const scale = about.scale === "log" ? logScale(...(seen.length ? seen.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, 0]) : [1, 10]))
      : linearScale(Math.max(...tops), about.floor || 1e-9);
    const y = value => bottom - plotSize.height * scale.at(value);
    const ground = groundOf(frame, width, bottom, scale.ticks, y, about.write);
    x = ground.x;
    const drawn = about.lines.map(line => {
      const points = thinned(items.map(item => ({x: item.at_s, y: line.of(item) ?? null})), Math.ceil(width / 2));
      const area = line.fills ? svg("path", {class: "area " + line.style, d: areaOf(points, x, y, bottom)}) : "";
      return svg("g", {}, area, svg("path", {class: "line " + line.style, d: pathOf(points, x, y)}));
    });
    cursor = svg("line", {class: "cursor", y1: plotSize.top, y2: bottom, x1: 0, x2: 0, visibility: "hidden"});
    absent = about.lines.map(line => items.every(item => (line.of(item) ?? null) === null) && line.absent);
    const greatest = absent.map((instead, i) => instead || "most " + (about.read || about.write)(tops[i]));
    const said = about.title + ". " + about.lines.map((line, i) => line.name + ": " + greatest[i]).join("; ") + ".";
    holder.replaceChildren(svg("svg", {viewBox: "0 0 " + width + " " + (bottom + plotSize.bottom), role: "img", "aria-label": said},
      svg("title", {}, about.title), svg("desc", {}, said), ground.back, ...drawn, ground.front, cursor));
    values.forEach((value, i) => value.textContent = greatest[i]);
  };
  return {node, holder, time: px => frame.from + (px - plotSize.left) / Math.max(1, wide - plotSize.left - plotSize.right) * (frame.to - frame.from),
    update(newItems, newFrame) { items = newItems; frame = newFrame; wide = holder.clientWidth || 520; draw(); },
    fit() { if (frame && holder.clientWidth && holder.clientWidth !== wide) { wide = holder.clientWidth; draw(); } },
    point(item) { pointAt(cursor, x, item); values.forEach((value, i) => {
      const seen = about.lines[i].of(item) ?? null;
      value.textContent = absent[i] || (seen === null ? "\u2013" : (about.read || about.write)(seen));
    }); }};
}

const keyOf = line => svg("svg", {class: "key", viewBox: "0 0 18 8", "aria-hidden": "true"}, svg("path", {class: "line " + line.style, d: "M1 4h16"}));

function pointAt(cursor, x, item) {
  for (const end of ["x1", "x2"]) cursor.setAttribute(end, x(item.at_s).toFixed(1));
  cursor.setAttribute("visibility", "visible");
}

// How many of something by size (upwards) and time. `about`: {title, unit, of(item) -> counts, bounds, write};
// bounds are upper ends, one more row holds what is above. Eight shades, by the logarithm of the count.
function heatPlot(about) {
  const holder = el("div", {class: "canvas"}), value = el("span", {class: "value"});
  const shade = level => svg("svg", {class: "key", viewBox: "0 0 18 8", "aria-hidden": "true"}, svg("rect", {class: "heat h" + level, width: 18, height: 8}));
  const least = el("span"), most = el("span");
  const node = el("figure", {class: "plot heatmap"}, el("figcaption", {}, el("span", {class: "name"}, about.title), el("span", {class: "soft small"}, " " + about.unit),
    el("div", {class: "legend small"}, el("span", {}, least, " ", ...[1, 3, 5, 7, 8].map(shade), " ", most), value)), holder);
  let items = [], frame = null, x = null, cursor = null, wide = 0;
  const gathered = columns => {
    const cells = new Map(), size = (frame.to - frame.from) / columns;
    for (const item of items) {
      const column = Math.min(columns - 1, Math.max(0, Math.floor((item.at_s - frame.from - 1e-6) / size)));
      about.of(item).forEach((count, row) => { if (count) cells.set(row * columns + column, (cells.get(row * columns + column) || 0) + count); });
    }
    return cells;
  };
  const draw = () => {
    const width = Math.max(240, wide), bottom = plotSize.top + plotSize.height, inner = width - plotSize.left - plotSize.right;
    const columns = Math.max(1, Math.min(Math.floor(inner / 4), Math.round(frame.to - frame.from)));
    const cells = gathered(columns), rows = [...cells.keys()].map(key => Math.floor(key / columns));
    const low = rows.length ? rows.reduce((a, b) => Math.min(a, b)) : 0, high = rows.length ? rows.reduce((a, b) => Math.max(a, b)) : 1;
    const tall = plotSize.height / (high - low + 1), y = row => bottom - tall * (row - low);
    const peak = [...cells.values()].reduce((a, b) => Math.max(a, b), 0), each = Math.ceil((high - low + 1) / 6);
    const ticks = [];
    for (let row = low; row <= high; row += each) ticks.push(row);
    const ground = groundOf(frame, width, bottom, ticks, row => y(row) - tall, row => row < about.bounds.length ? about.write(about.bounds[row]) : "more");
    x = ground.x;
    const paths = Array.from({length: 9}, () => ""), wideCell = inner / columns;
    for (const [key, count] of cells) {
      const level = peak > 1 ? 1 + Math.round(7 * Math.log(count) / Math.log(peak)) : 8;
      paths[level] += "M" + (plotSize.left + key % columns * wideCell).toFixed(1) + " " + (y(Math.floor(key / columns)) - tall).toFixed(1) +
        "h" + (wideCell + 0.2).toFixed(1) + "v" + (tall - 0.4).toFixed(1) + "h-" + (wideCell + 0.2).toFixed(1) + "z";
    }
    cursor = svg("line", {class: "cursor", y1: plotSize.top, y2: bottom, x1: 0, x2: 0, visibility: "hidden"});
    const said = about.title + ", darker where there are more. " + (rows.length ? "From " + (low ? about.write(about.bounds[low - 1]) : "0") + " to " +
      (high < about.bounds.length ? about.write(about.bounds[high]) : "more than " + about.write(about.bounds[high - 1])) + "; at most " + whole(peak) + " in a cell." : "There were none.");
    holder.replaceChildren(svg("svg", {viewBox: "0 0 " + width + " " + (bottom + plotSize.bottom), role: "img", "aria-label": said}, svg("title", {}, about.title),
      svg("desc", {}, said), ground.back, ...paths.map((d, level) => d ? svg("path", {class: "heat h" + level, d}) : ""), ground.front, cursor));
    least.textContent = peak ? "1" : "none";
    most.textContent = peak ? whole(peak) : "";
  };
  return {node, holder, time: px => frame.from + (px - plotSize.left) / Math.max(1, wide - plotSize.left - plotSize.right) * (frame.to - frame.from),
    update(newItems, newFrame) { items = newItems; frame = newFrame; wide = holder.clientWidth || 520; draw(); },
    fit() { if (frame && holder.clientWidth && holder.clientWidth !== wide) { wide = holder.clientWidth; draw(); } },
    point(item) {
      pointAt(cursor, x, item);
      value.textContent = whole(about.of(item).reduce((a, b) => a + b, 0)) + " in this second";
    }};
}

// Plots of one run: the cursor of one is the cursor of all. A slider moves it for those without a pointer.
function plotGroup(plots, say) {
  const slider = el("input", {type: "range", min: "0", max: "0", step: "1", "aria-label": "Time that all plots show the values of"});
  const said = el("output", {class: "small"}, "Move over a plot, or move this slider, to read values.");
  let items = [], chosen = null;
  const point = index => {
    if (!items.length) return;
    const item = items[Math.max(0, Math.min(items.length - 1, index))];
    chosen = item.at_s;
    slider.value = String(items.indexOf(item));
    said.textContent = say(item);
    slider.setAttribute("aria-valuetext", said.textContent);
    plots.forEach(plot => plot.point(item));
  };
  const nearest = at => items.reduce((best, item, i) => Math.abs(item.at_s - at) < Math.abs(items[best].at_s - at) ? i : best, 0);
  slider.addEventListener("input", () => point(Number(slider.value)));
  for (const plot of plots) {
    plot.holder.addEventListener("pointermove", event => point(nearest(plot.time(event.clientX - plot.holder.getBoundingClientRect().left))));
  }
  if (typeof ResizeObserver !== "undefined") {
    const watch = new ResizeObserver(() => plots.forEach(plot => plot.fit()));
    plots.forEach(plot => watch.observe(plot.holder));
  }
  return {node: el("div", {class: "plots"}, el("div", {class: "cursor-bar"}, slider, said), ...plots.map(plot => plot.node)),
    // A cursor at the end stays at the end.
    follow() { point(items.length - 1); },
    update(newItems, frame) {
      const follows = items.length && chosen === items[items.length - 1].at_s;
      items = newItems;
      slider.setAttribute("max", String(Math.max(0, items.length - 1)));
      plots.forEach(plot => plot.update(items, frame));
      if (chosen !== null) point(follows ? items.length - 1 : nearest(chosen));
    }};
}
