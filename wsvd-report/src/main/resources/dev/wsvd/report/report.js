"use strict";

// The page: drawn from JSON, and drawn again from other JSON by drawReport.
let model;
let costShown;
// Whether figures come from a server.
let served = false;

const KINDS = {
    "wsvd-stats": "compression",
    "wsvd-comparison": "comparison",
    "wsvd-pareto": "cost and score",
    "wsvd-inspection": "inspection",
    "wsvd-progress": "compression, so far",
};

/**
 * Draws the page of some JSON that wsvd writes, in place of what is there.
 *
 * @param again whether somebody is reading what is there
 */
function drawReport(data, again) {
    model = modelOf(data);
    if (!model.metrics.includes(costShown)) {
        costShown = model.metrics.includes(model.goal) ? model.goal : model.metrics[0];
    }
    const name = model.source.model || "Model";
    const what = KINDS[data.format] || "report";
    document.title = name + ", " + what;
    document.getElementById("report").replaceChildren(
        el("header", {}, el("h1", {}, name, el("small", {}, what)), el("p", { class: "lead" }, lead())),
        tiles(),
        ...[standing(), curveSection(), layersSection(), timeSection(), sourceSection()].filter(Boolean),
        el("footer", {}, "Made by wsvd" + (model.source.wsvd ? " " + model.source.wsvd : "") + "."
            + (served ? "" : " All figures are in this file; it loads nothing.")));
    renderCharts();
    showLayer(!again);
}

function section(id, title, ...content) {
    return el("section", { id, "aria-labelledby": id + "-title" }, el("h2", { id: id + "-title" }, title), content);
}

/** The result in plain words. */
function lead() {
    const { data } = model;
    const words = [];
    if (data.total) {
        const splittable = model.layers.filter(layer => layer.splittable).length;
        words.push(`${count(model.layers.length, "layer", "layers")}, of which ${splittable} can be split; `
            + model.metrics.map(id => metric(id).format(data.total[id]) + (id === "mac" ? "" : " " + metric(id).name)).join(", ") + ".");
        return words.join(" ");
    }
    if (data.format === "wsvd-progress") {
        return leadSoFar();
    }
    const goal = data[model.goal];
    if (data.format === "wsvd-pareto") {
        const costs = data.trials.map(trial => trial[model.goal]);
        return `The original and ${count(costs.length - 1, "network", "networks")} of least predicted loss, down to `
            + percent(Math.min(...costs) / costs[0]) + ` of the ${metric(model.goal).name}.`;
    }
    if (model.layers.length > 0) {
        words.push(model.changed === 0 ? "No layer is changed."
            : `${model.changed} of ${count(model.layers.length, "layer is", "layers are")} changed.`);
    }
    if (goal && goal.ratio !== undefined) {
        words.push(`The model needs ${percent(goal.ratio)} of the ${metric(model.goal).name} it had`
            + (data.target !== undefined ? `; the target was ${percent(data.target)}.` : "."));
    }
    const score = data.score;
    if (score && score.compressed !== undefined && score.baseline !== undefined) {
        const before = scoreText(score.baseline);
        const after = scoreText(score.compressed);
        words.push(`The ${score.name} ` + (before === after ? "stays at " + before
            : (score.baseline > score.compressed ? "falls" : "rises") + ` from ${before} to ${after}`)
            + (score.samples ? ` on ${score.samples} samples` : "")
            + (score.dropInterval ? `: with 95 % confidence the drop is between ${scoreText(score.dropInterval[0])} and ${scoreText(score.dropInterval[1])}.` : "."));
    }
    return words.join(" ");
}

/** What is known of a run that goes on. */
function leadSoFar() {
    const { data } = model;
    const candidates = model.points.filter(point => point.kind === "dot").length;
    const networks = model.points.filter(point => point.kind === "trial").length;
    const words = [count(model.layers.length, "layer", "layers")
        + (candidates + networks > 0 ? "; scored so far: " + [
            candidates > 0 && count(candidates, "candidate", "candidates"),
            networks > 0 && count(networks, "whole network", "whole networks"),
        ].filter(Boolean).join(", ") : "") + "."];
    if (data.score && data.score.baseline !== undefined) {
        words.push(`The ${data.score.name} of the original is ${scoreText(data.score.baseline)}`
            + (data.score.samples ? ` on ${data.score.samples} samples.` : "."));
    }
    if (data.target !== undefined) {
        words.push(`The target is ${percent(data.target)} of the ${metric(model.goal).name}.`);
    }
    return words.join(" ");
}

/** Figures before and after. */
function tiles() {
    const { data } = model;
    const some = [];
    if (data.format !== "wsvd-pareto") {
        model.metrics.forEach(id => some.push(tile(metric(id).name, data[id] || { before: data.total[id] }, metric(id).format)));
        if (typeof data.parameters === "number") {
            some.push(tile("parameters stored", { before: data.parameters }, METRICS.memory.format));
        } else if (data.parameters) {
            some.push(tile("parameters stored", data.parameters, METRICS.memory.format));
        }
        if (data.file) {
            some.push(tile("file", data.file, METRICS.bytes.format));
        }
        if (data.measuredLatency) {
            some.push(tile("time of a run, measured", data.measuredLatency, millis));
        }
        (data.latencies || []).forEach(item => some.push(tile("time, " + item.input, item, millis)));
        if (data.int8) {
            some.push(el("div", { class: "tile" }, el("dt", {}, "layers in int8"), el("dd", {}, el("b", {}, String(data.int8.length)))));
        }
        if (data.score) {
            some.push(scoreTile(data.score));
        }
        some.push(...fidelityTiles());
    }
    return el("dl", { class: "tiles" }, some);
}

function tile(name, change, format) {
    const body = [];
    if (change.after === undefined) {
        body.push(el("b", {}, format(change.before)));
    } else {
        body.push(
            el("b", {}, format(change.after)),
            el("span", {}, "from " + format(change.before)),
            change.ratio !== undefined && [
                meter(change.ratio),
                el("span", { class: "ratio" }, percent(change.ratio)
                    + (change.interval ? ` (${percent(change.interval[0])} … ${percent(change.interval[1])})` : "")),
            ]);
    }
    return el("div", { class: "tile" }, el("dt", {}, name), el("dd", {}, body));
}

function meter(share) {
    return svg(
        "svg",
        { class: "meter", viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("rect", { class: "bar before", width: 100, height: 6 }),
        svg("rect", { class: "bar after", width: Math.min(100, 100 * share), height: 6 }));
}

function scoreTile(score) {
    const value = score.compressed === undefined ? score.baseline : score.compressed;
    const ends = score.compressed === undefined ? score.baselineInterval : score.compressedInterval;
    return el(
        "div",
        { class: "tile" },
        el("dt", {}, score.name + (score.outputs ? " of " + score.outputs.join(", ") : "")),
        el(
            "dd",
            {},
            el("b", {}, scoreText(value)),
            score.compressed !== undefined && score.baseline !== undefined && el("span", {}, "from " + scoreText(score.baseline)),
            ends && el("span", {}, "95\u202f% interval"),
            ends && el("span", { class: "ratio" }, interval(ends))));
}

function fidelityTiles() {
    const { fidelity, embedding } = model.data;
    const figures = [];
    if (fidelity) {
        if (fidelity.argmaxAgreement !== undefined) {
            figures.push(["same arg-max", percent(fidelity.argmaxAgreement)]);
        }
        figures.push(["cosine of outputs", fidelity.cosine.toFixed(5)]);
        if (fidelity.identical) {
            figures.push(["SQNR", "identical"]);
        } else if (fidelity.sqnrDb !== undefined) {
            figures.push(["SQNR", fidelity.sqnrDb.toFixed(1) + "\u202fdB"]);
        }
    }
    if (embedding) {
        figures.push(["recall@10", scoreText(embedding.recall)], ["cosine of embeddings", embedding.cosine.toFixed(5)]);
    }
    return figures.map(([name, value]) => el("div", { class: "tile" }, el("dt", {}, name), el("dd", {}, el("b", {}, value))));
}

/** Where this result stands among the networks that were scored. */
function standing() {
    if (model.points.length < 2) {
        return undefined;
    }
    const rows = model.points.filter(point => point.kind !== "dot");
    return section(
        "standing",
        "Score against cost",
        curve(model),
        model.data.format !== "wsvd-pareto" && el(
            "details",
            {},
            el("summary", {}, "The same as a table"),
            table(
                ["network", model.data.ofLayers ? ">ratio of the layer" : ">share of " + metric(model.goal).name, ">score", ">95 % interval"],
                rows.map(point => [point.name, percent(point.cost), scoreText(point.score), point.interval ? interval(point.interval) : ""]),
                "Networks that were scored")));
}

/** What each network of a curve costs. */
function curveSection() {
    const { data, metrics } = model;
    if (data.format !== "wsvd-pareto") {
        return undefined;
    }
    const first = data.trials[0];
    return section("curve", "Networks", table(
        ["network", ...metrics.flatMap(id => [">" + metric(id).name, ">ratio"]), ">score", ">95 % interval"],
        data.trials.map(trial => [
            trial.name,
            ...metrics.flatMap(id => [metric(id).format(trial[id]), first[id] > 0 ? ratio(trial[id] / first[id]) : ""]),
            trial.score === undefined ? "" : scoreText(trial.score),
            trial.interval ? interval(trial.interval) : "",
        ]),
        "Networks of the curve"));
}

function table(heads, rows, label) {
    const figures = heads.map(head => head.startsWith(">"));
    return el(
        "div",
        { class: "scroll", role: "region", tabindex: 0, "aria-label": label },
        el(
            "table",
            {},
            el("thead", {}, el("tr", {}, heads.map((head, i) =>
                el("th", { scope: "col", class: figures[i] ? "figure" : undefined }, head.replace(/^>/, ""))))),
            el("tbody", {}, rows.map(row =>
                el("tr", {}, row.map((cell, i) => el("td", { class: figures[i] ? "figure" : undefined }, cell)))))));
}

function timeSection() {
    const { data } = model;
    if (!data.seconds) {
        return undefined;
    }
    const names = { open: "reading the model", calibrate: "calibration", decompose: "decomposition", evaluate: "evaluation",
        select: "selection", fineTune: "fine-tuning", write: "writing" };
    const parts = Object.entries(data.seconds).filter(([, value]) => value > 0);
    if (parts.length === 0) {
        return undefined;
    }
    const all = parts.reduce((sum, [, value]) => sum + value, 0);
    let left = 0;
    const bars = parts.map(([name, value], index) => {
        const bar = svg("rect", { class: "part part" + (index % 6), x: (1000 * left) / all, width: (1000 * value) / all, height: 20 },
            svg("title", {}, `${names[name] || name}: ${seconds(value)}`));
        left += value;
        return bar;
    });
    return section(
        "time",
        "Where the time went",
        el("p", {}, `${seconds(all)} in all, ${count(data.evaluations, "evaluation", "evaluations")}.`),
        svg("svg", { class: "parts", viewBox: "0 0 1000 20", preserveAspectRatio: "none", "aria-hidden": "true" }, bars),
        el("ul", { class: "times" }, parts.map(([name, value], index) => el(
            "li",
            {},
            svg("svg", { width: 12, height: 12, "aria-hidden": "true" }, svg("rect", { class: "part part" + (index % 6), width: 12, height: 12 })),
            el("span", {}, names[name] || name),
            el("span", { class: "figure" }, `${seconds(value)}, ${percent(value / all)}`)))));
}

function sourceSection() {
    const { source, data } = model;
    const rows = [
        ["model", source.model],
        ["sha256", source.modelSha256],
        ["sizes taken", data.openDims && data.openDims.map(dim => `${dim.name || dim.axis} of ${dim.input} = ${dim.size}`).join(", ")],
        ["selection", data.selection],
        ["calibration", inputs(source.calibration)],
        ["scored by", source.evaluator && source.evaluator.name + (inputs(source.evaluator) ? " on " + inputs(source.evaluator) : "")],
        ["timed on", data.measuredLatency && [data.measuredLatency.engine, data.measuredLatency.machine,
            count(data.measuredLatency.threads, "thread", "threads"), "batch of " + data.measuredLatency.batch].join(", ")],
        ["wsvd", source.wsvd],
        ["linear algebra", source.backend],
        ["Java", source.java],
        ["system", source.os],
        ["seed", source.seed],
    ].filter(([, value]) => value !== undefined && value !== "");
    if (rows.length === 0 && !source.command) {
        return undefined;
    }
    return section(
        "source",
        "What made this",
        el("dl", { class: "source" }, rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, String(value))))),
        source.command && [el("p", {}, "The command:"), el("pre", { tabindex: 0, "aria-label": "Command" }, source.command)]);
}

function inputs(of) {
    if (!of) {
        return undefined;
    }
    return [of.samples && count(of.samples, "sample", "samples"), of.sha256 && "sha256 " + of.sha256].filter(Boolean).join(", ");
}

// Beginning.
let waiting = false;
function later() {
    if (!waiting) {
        waiting = true;
        requestAnimationFrame(() => {
            waiting = false;
            renderCharts();
        });
    }
}

addEventListener("resize", later);
addEventListener("hashchange", () => showLayer(true));
addEventListener("keydown", event => {
    if (event.key === "Escape" && !document.getElementById("layer").hidden) {
        closeLayer();
    }
});
document.addEventListener("toggle", later, true);
const given = JSON.parse(document.getElementById("data").textContent);
if (given) {
    drawReport(given);
}
