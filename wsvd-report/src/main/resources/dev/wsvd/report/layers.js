"use strict";

// The table of layers, and the page of each.

const COLUMNS = [
    { name: "#", figure: true, value: layer => layer.index + 1 },
    { name: "layer", value: layer => layer.name, cell: layerLink },
    { name: "decision", value: layer => layer.said },
    { id: "cost", name: "", value: layer => costOf(layer, 0), cell: bars },
    { id: "before", name: "before", figure: true, value: layer => costOf(layer, 0), text: value => metric(costShown).format(value) },
    { id: "after", name: "after", figure: true, value: layer => costOf(layer, 1), text: value => metric(costShown).format(value) },
    { id: "ratio", name: "ratio", figure: true, value: ratioOf, text: ratio },
    { id: "error", name: "error alone", figure: true, value: layer => layer.error, text: ratio },
    { id: "outputError", name: "in network", figure: true, value: layer => layer.outputError, text: ratio },
    { id: "dense", name: "time before", figure: true, value: layer => layer.times && layer.times.dense, text: millis },
    { id: "measured", name: "time after", figure: true, value: layer => layer.times && layer.times.measured, text: millis },
    { id: "output", name: "output", value: layer => layer.outputShape && layer.outputShape.slice(1).join("×") },
    { id: "maxRank", name: "max rank", figure: true, value: layer => layer.maxRank || undefined, text: String },
];

/** Whether a column has anything to show. */
function known(id) {
    return model.layers.some(layer => COLUMNS.find(column => column.id === id).value(layer) !== undefined);
}

function costOf(layer, which) {
    const cost = layer.costs[costShown];
    return cost && cost[which];
}

function ratioOf(layer) {
    const [before, after] = layer.costs[costShown] || [];
    return after === undefined || before === 0 ? undefined : after / before;
}

function layerLink(layer) {
    return [
        el("a", { href: "#layer-" + (layer.index + 1) }, layer.name),
        layer.path ? el("small", {}, layer.path) : undefined,
    ];
}

/** Drawn beside the highest cost of a layer. */
function bars(layer, { most, compared }) {
    const [before, after] = layer.costs[costShown] || [0];
    return [svg(
        "svg",
        { class: "bars", viewBox: "0 0 100 12", preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("rect", { class: compared ? "bar before" : "bar after", width: (100 * before) / most, height: 12 }),
        after !== undefined && svg("rect", { class: "bar after", y: 3, width: (100 * after) / most, height: 6 }))];
}

// How the table is read; it stays so when it is drawn again.
const reading = { sorted: COLUMNS[0], down: false, text: "", only: "all" };

/** Chart, controls and table. */
function layersSection() {
    if (model.layers.length === 0) {
        return undefined;
    }
    const host = el("div", {});
    const columns = () => COLUMNS.filter(column => !column.id || (column.id === "cost" && model.metrics.length > 0) || known(column.id));
    const status = el("p", { class: "status", role: "status" });
    const holder = el("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": "Layers" });
    let rows = [];
    const order = () => {
        const column = columns().includes(reading.sorted) ? reading.sorted : COLUMNS[0];
        const key = new Map(model.layers.map(layer => [layer, column.value(layer)]));
        const sorted = [...rows].sort((a, b) => compare(key.get(a.layer), key.get(b.layer), reading.down)
            || a.layer.index - b.layer.index);
        const wanted = reading.text.toLowerCase();
        let shown = 0;
        for (const row of sorted) {
            const fits = [row.layer.name, row.layer.path || "", row.layer.said].join(" ").toLowerCase().includes(wanted)
                && (reading.only === "all" || (reading.only === "changed") === row.layer.changed);
            row.element.hidden = !fits;
            shown += fits ? 1 : 0;
        }
        holder.querySelector("tbody").replaceChildren(...sorted.map(row => row.element));
        status.textContent = shown === rows.length ? "" : `${shown} of ${count(rows.length, "layer", "layers")} shown.`;
        holder.querySelectorAll("thead th").forEach((head, index) => head.setAttribute(
            "aria-sort", columns()[index] !== column ? "none" : reading.down ? "descending" : "ascending"));
    };
    const draw = () => {
        const shown = columns();
        const all = { most: model.layers.reduce((most, layer) => Math.max(most, costOf(layer, 0) || 0), 1), compared: known("after") };
        host.replaceChildren(model.metrics.length > 0 ? depth(model, costShown) : "");
        rows = model.layers.map(layer => ({ layer, element: layerRow(layer, shown, all) }));
        holder.replaceChildren(el("table", { class: "layers" }, el("thead", {}, el("tr", {}, shown.map((column, index) => el(
            "th",
            { scope: "col", class: column.figure ? "figure" : undefined },
            el("button", {
                type: "button",
                click: () => {
                    reading.down = reading.sorted === column ? !reading.down : index > 0 && (column.figure === true || column.id === "cost");
                    reading.sorted = column;
                    order();
                },
            }, column.id === "cost" ? metric(costShown).name : column.id === "before" && !all.compared ? "amount" : column.name))))), el("tbody", {})));
        order();
    };
    const controls = el("div", { class: "controls" });
    if (model.metrics.length > 1) {
        controls.append(el("label", {}, "cost ", el("select", {
            change: event => {
                costShown = event.target.value;
                draw();
                renderCharts();
            },
        }, model.metrics.map(id => el("option", { value: id, selected: id === costShown }, metric(id).name)))));
    }
    controls.append(el("label", {}, "find ", el("input", {
        type: "search",
        placeholder: "name or decision",
        value: reading.text,
        input: event => {
            reading.text = event.target.value;
            order();
        },
    })));
    if (model.changed > 0) {
        controls.append(el("label", {}, "show ", el("select", {
            change: event => {
                reading.only = event.target.value;
                order();
            },
        }, [["all", "all layers"], ["changed", "changed"], ["same", "as they were"]].map(([value, text]) => el("option", { value, selected: value === reading.only }, text)))));
    }
    draw();
    return section("layers", "Layers", host, controls, status, holder);
}

function layerRow(layer, columns, all) {
    return el("tr", {}, columns.map(column => {
        const value = column.value(layer);
        const text = value === undefined ? "" : column.text ? column.text(value) : String(value);
        const options = { class: column.figure ? "figure" : undefined };
        return column.name === "layer"
            ? el("th", { ...options, scope: "row" }, column.cell(layer))
            : el("td", options, column.cell ? column.cell(layer, all) : text);
    }));
}

/** What is not known comes last in both directions. */
function compare(a, b, down) {
    if (a === undefined || b === undefined) {
        return (a === undefined) - (b === undefined);
    }
    const upwards = typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b;
    return down ? -upwards : upwards;
}

/**
 * The layer that the address names, in a panel.
 *
 * @param newly whether it was not shown before
 */
function showLayer(newly) {
    const panel = document.getElementById("layer");
    const match = /^#layer-(\d+)$/.exec(location.hash);
    const layer = match && model.layers[match[1] - 1];
    panel.hidden = !layer;
    document.body.classList.toggle("beside", Boolean(layer));
    if (!layer) {
        later();
        return;
    }
    const step = (by, text) => {
        const other = model.layers[layer.index + by];
        return other ? el("a", { href: "#layer-" + (other.index + 1) }, text) : el("span", { "aria-hidden": "true" }, text);
    };
    panel.replaceChildren(
        el("nav", { "aria-label": "Layers" }, step(-1, "← previous"), step(1, "next →"),
            el("button", { type: "button", click: closeLayer }, "Close")),
        el("h2", { id: "layer-name" }, layer.name),
        layer.path ? el("p", { class: "path" }, layer.path) : "",
        el("p", { class: "said" }, layer.said),
        facts(layer),
        ...layerCharts(layer));
    renderCharts();
    if (newly) {
        panel.scrollTop = 0;
        panel.focus({ preventScroll: true });
    }
}

function closeLayer() {
    const match = /^#layer-(\d+)$/.exec(location.hash);
    history.replaceState(null, "", location.pathname + location.search);
    showLayer(false);
    const link = match && document.querySelector(`#layers a[href="#layer-${match[1]}"]`);
    if (link) {
        link.focus();
    }
}

function facts(layer) {
    const rows = [["layer", `${layer.index + 1} of ${model.layers.length} in graph order`]];
    if (layer.kind) {
        rows.push(["kind", layer.kind + (layer.weight ? " " + layer.weight.join("×") : "")]);
    }
    model.metrics.filter(id => layer.costs[id]).forEach(id => {
        const [before, after] = layer.costs[id];
        const { name, format } = metric(id);
        rows.push([name, after === undefined || after === before ? format(before)
            : `${format(before)} → ${format(after)}` + (before > 0 ? `, ${percent(after / before)}` : "")]);
    });
    if (layer.error !== undefined) {
        rows.push([errorName(model), ratio(layer.error)]);
    }
    if (layer.outputError !== undefined) {
        rows.push(["error in the network, measured", ratio(layer.outputError)]);
    }
    if (layer.times) {
        rows.push(["time, measured", `${millis(layer.times.dense)} → ${millis(layer.times.measured)}`]);
        if (layer.times.predicted !== undefined) {
            rows.push(["time after, predicted", millis(layer.times.predicted)]);
        }
    }
    return el("dl", { class: "source" }, rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function layerCharts(layer) {
    const charts = [];
    const candidates = layer.candidates || [];
    const has = of => candidates.filter(candidate => candidate[of] !== undefined).length > 1;
    if (has("score")) {
        charts.push(sensitivity(layer, model, "score", "Score with only this layer changed"));
    }
    if (has("loss")) {
        charts.push(sensitivity(layer, model, "loss", "Predicted loss"));
    } else if (has("error") && !has("score")) {
        charts.push(sensitivity(layer, model, "error", "Error of this layer alone"));
    }
    if (energies(layer, model).length > 0) {
        charts.push(spectrum(layer, model));
    }
    if (candidates.length > 0) {
        const known = ["error", "loss", "score"].filter(of => candidates.some(candidate => candidate[of] !== undefined));
        charts.push(el(
            "details",
            {},
            el("summary", {}, count(candidates.length, "candidate", "candidates") + " as a table"),
            table(
                ["candidate", ">cost", ...known.map(of => ">" + of)],
                candidates.map(candidate => [
                    candidateName(candidate) + (isChosen(layer, candidate) ? ", chosen" : ""),
                    candidate.before > 0 ? percent(candidate.after / candidate.before) : "",
                    ...known.map(of => candidate[of] === undefined ? "" : of === "score" ? scoreText(candidate[of]) : small(candidate[of])),
                ]),
                "Candidates")));
    }
    return charts;
}
