"use strict";

// Charts in SVG, drawn for the width that there is, and again when that changes.
let charts = [];
let chartCount = 0;

/**
 * A figure with a chart. Its marks can be pointed at, or walked through by the arrow keys; what is said of each is shown beside it and
 * read out.
 *
 * @param draw (frame) => marks: { x, y, text, href? }
 */
function figure({ title, description, height, legend = [], draw }) {
    const id = "chart" + ++chartCount;
    const host = el("div", { class: "plot" });
    const chart = { host, width: 0 };
    chart.render = () => {
        const width = Math.max(240, Math.floor(host.clientWidth || 640));
        if (width !== chart.width) {
            chart.width = width;
            host.replaceChildren(plot({ id, title, description, width, height, draw }));
        }
    };
    charts.push(chart);
    return el(
        "figure",
        {},
        el("figcaption", {}, el("span", { class: "chart-title" }, title), legend.map(key)),
        host);
}

function key({ kind, text }) {
    return el(
        "span",
        { class: "key" },
        svg("svg", { width: 22, height: 12, "aria-hidden": "true" }, shape(kind, 11, 6)),
        text);
}

/** A mark or line as legends show it. */
function shape(kind, x, y) {
    switch (kind.split(" ")[0]) {
        case "bar":
            return svg("rect", { class: kind, x: x - 9, y: y - 5, width: 18, height: 10 });
        case "band":
            return svg("rect", { class: kind, x: x - 11, y: y - 6, width: 22, height: 12 });
        case "square":
            return svg("rect", { class: kind, x: x - 5, y: y - 5, width: 10, height: 10 });
        case "diamond":
            return svg("path", { class: kind, d: `M${x},${y - 7}l7,7l-7,7l-7,-7z` });
        case "line":
            return svg("path", { class: kind, d: `M${x - 11},${y}h22` });
        case "dot":
            return svg("circle", { class: kind, cx: x, cy: y, r: 2.5 });
        default:
            return svg("circle", { class: kind, cx: x, cy: y, r: 4.5 });
    }
}

function plot({ id, title, description, width, height, draw }) {
    const root = svg("svg", {
        width,
        height,
        viewBox: `0 0 ${width} ${height}`,
        role: "group",
        tabindex: 0,
        "aria-roledescription": "chart",
        "aria-labelledby": id + "-title",
        "aria-describedby": id + "-desc",
    });
    // In defs, where browsers do not show them as tooltips of their own.
    root.append(svg(
        "defs",
        {},
        svg("title", { id: id + "-title" }, title),
        svg("desc", { id: id + "-desc" }, description + " Use the arrow keys to read it point by point.")));
    const marks = draw({ root, width, height });
    const cursor = svg("circle", { class: "cursor", r: 8, hidden: true });
    root.append(cursor);
    let at = -1;
    const show = index => {
        at = index;
        const mark = marks[index];
        cursor.removeAttribute("hidden");
        cursor.setAttribute("cx", mark.x);
        cursor.setAttribute("cy", mark.y);
        tip(mark.text, root, mark.x, mark.y);
    };
    const leave = () => {
        at = -1;
        cursor.setAttribute("hidden", "");
        tip();
    };
    const follow = () => {
        if (at >= 0 && marks[at].href) {
            location.hash = marks[at].href;
        }
    };
    const point = event => {
        const box = root.getBoundingClientRect();
        const near = nearest(marks, event.clientX - box.left, event.clientY - box.top);
        if (near >= 0) {
            show(near);
        } else {
            leave();
        }
    };
    fill(root, {
        pointermove: point,
        pointerdown: point,
        pointerleave: leave,
        blur: leave,
        click: follow,
        keydown: event => {
            const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
            if (step && marks.length > 0) {
                event.preventDefault();
                show((at + step + marks.length) % marks.length);
            } else if (event.key === "Enter") {
                follow();
            } else if (event.key === "Escape") {
                leave();
            }
        },
    }, []);
    return root;
}

function nearest(marks, x, y) {
    let best = -1;
    let distance = 60 * 60;
    marks.forEach((mark, index) => {
        // A mark of a column is found from anywhere above or below it.
        const dy = mark.column ? (mark.y - y) / 1000 : mark.y - y;
        const squared = (mark.x - x) ** 2 + dy ** 2;
        if (squared < distance) {
            distance = squared;
            best = index;
        }
    });
    return best;
}

/** Shows a text near a place of an element; without one, nothing any more. */
function tip(text, root, x, y) {
    const box = document.getElementById("tip");
    box.hidden = text === undefined;
    if (text === undefined) {
        return;
    }
    box.replaceChildren(...text.split("\n").map((line, index) => el(index === 0 ? "strong" : "span", {}, line)));
    const of = root.getBoundingClientRect();
    const left = Math.min(of.left + x + 12, document.documentElement.clientWidth - box.offsetWidth - 8);
    const above = of.top + y - box.offsetHeight - 12;
    box.style.left = Math.max(8, left) + "px";
    box.style.top = (above < 4 ? of.top + y + 16 : above) + "px";
}

// Axes.
function linear(from, to, start, end) {
    const scale = value => start + ((value - from) / (to - from || 1)) * (end - start);
    scale.ticks = some => steps(from, to, some);
    scale.from = from;
    return scale;
}

function logarithmic(from, to, start, end) {
    const low = Math.log10(from);
    const high = Math.log10(to);
    const scale = value => start + ((Math.log10(Math.max(value, from)) - low) / (high - low || 1)) * (end - start);
    scale.ticks = some => {
        const every = Math.max(1, Math.ceil((high - low) / some));
        const ticks = [];
        for (let power = Math.ceil(low - 1e-9); power <= high + 1e-9; power += every) {
            ticks.push(10 ** power);
        }
        return ticks;
    };
    scale.from = from;
    return scale;
}

function steps(from, to, some) {
    const rough = (to - from || 1) / some;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough);
    const first = Math.ceil(from / step - 1e-9);
    const ticks = [];
    // Counted from 0: so large that adding 1 changes nothing, first + i would not get on.
    for (let i = 0; i <= some && (first + i) * step <= to + step * 1e-9; i++) {
        ticks.push((first + i) * step);
    }
    return ticks;
}

/** Ticks, grid and names of both axes. */
function axes({ root, x, y, box, xText, yText, xName, yName, xTicks = 6, yTicks = 4 }) {
    for (const tick of y.ticks(yTicks)) {
        root.append(
            svg("path", { class: "grid", d: `M${box.left},${y(tick)}H${box.right}` }),
            svg("text", { class: "tick", x: box.left - 6, y: y(tick) + 4, "text-anchor": "end" }, yText(tick)));
    }
    if (x) {
        for (const tick of x.ticks(xTicks)) {
            root.append(
                svg("path", { class: "axis", d: `M${x(tick)},${box.bottom}v4` }),
                svg("text", { class: "tick", x: x(tick), y: box.bottom + 17, "text-anchor": "middle" }, xText(tick)));
        }
    }
    root.append(svg("path", { class: "axis", d: `M${box.left},${box.bottom}H${box.right}` }));
    if (xName) {
        root.append(svg("text", { class: "name", x: box.right, y: box.bottom + 33, "text-anchor": "end" }, xName));
    }
    if (yName) {
        root.append(svg("text", { class: "name", x: 2, y: box.top - 9 }, yName));
    }
}

function path(points) {
    return points.map(([x, y], index) => (index === 0 ? "M" : "L") + x.toFixed(1) + "," + y.toFixed(1)).join("");
}

/** The ends of some values, with a margin on both sides; values that differ by rounding only are one. */
function range(values, margin) {
    const low = Math.min(...values);
    const high = Math.max(...values);
    const size = Math.max(Math.abs(low), Math.abs(high));
    const more = (high - low > 1e-9 * size ? high - low : size || 1) * margin;
    return [low - more, high + more];
}

function renderCharts() {
    charts = charts.filter(chart => chart.host.isConnected);
    charts.forEach(chart => chart.render());
}
