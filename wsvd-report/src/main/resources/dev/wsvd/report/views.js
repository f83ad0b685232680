"use strict";

// The charts of a report.

/** Score against cost. */
function curve(model) {
    const { data, points } = model;
    const target = data.target;
    const name = (data.score && data.score.name) || "score";
    const line = points.filter(point => point.kind !== "dot").sort((a, b) => a.cost - b.cost);
    const banded = line.filter(point => point.interval);
    const kinds = new Set(points.map(point => point.kind));
    const legend = [
        { kind: "diamond", text: "this result" },
        { kind: "square", text: "original" },
        { kind: "trial", text: "networks tried" },
        { kind: "dot", text: "one layer changed" },
    ].filter(item => kinds.has(item.kind));
    // Between two networks nothing is known.
    const curved = line.length > 2;
    if (curved && banded.length > 2) {
        legend.push({ kind: "band", text: "95 % interval" });
    }
    return figure({
        title: name + " against " + (data.ofLayers ? "the cost of the changed layer" : metric(model.goal).name),
        description: line.map(point => pointText(point, model)).join("; ") + ".",
        height: 320,
        legend,
        draw: ({ root, width, height }) => {
            const box = { left: 58, right: width - 24, top: 24, bottom: height - 42 };
            const costs = points.map(point => point.cost).concat(target || []);
            const x = linear(Math.max(0, Math.min(...costs) - 0.05), 1.02 * Math.max(1, ...costs), box.left, box.right);
            const ends = points.flatMap(point => point.interval || [point.score]);
            const y = linear(...range(ends, 0.06), box.bottom, box.top);
            axes({
                root, x, y, box,
                xText: value => Math.round(100 * value) + "\u202f%",
                yText: small,
                xName: data.ofLayers ? "ratio of the changed layer" : "share of the original's " + metric(model.goal).name,
                yName: name,
                xTicks: width < 480 ? 4 : 8,
            });
            if (curved && banded.length > 2) {
                const upper = banded.map(point => [x(point.cost), y(point.interval[1])]);
                const lower = banded.map(point => [x(point.cost), y(point.interval[0])]).reverse();
                root.append(svg("path", { class: "band", d: path(upper.concat(lower)) + "Z" }));
            }
            if (target !== undefined) {
                root.append(
                    svg("path", { class: "target", d: `M${x(target)},${box.top}V${box.bottom}` }),
                    svg("text", { class: "tick", x: x(target) + 5, y: box.top + 10 }, "target " + target));
            }
            if (curved) {
                root.append(svg("path", { class: "line", d: path(line.map(point => [x(point.cost), y(point.score)])) }));
            }
            for (const point of points) {
                if (point.interval) {
                    root.append(svg("path", {
                        class: "whisker",
                        d: `M${x(point.cost)},${y(point.interval[0])}V${y(point.interval[1])}`,
                    }));
                }
                root.append(shape(point.kind, x(point.cost), y(point.score)));
            }
            return points.map(point => ({ x: x(point.cost), y: y(point.score), text: pointText(point, model, "\n") }));
        },
    });
}

function pointText(point, model, between = ", ") {
    const name = (model.data.score && model.data.score.name) || "score";
    return point.name + between + name + " " + scoreText(point.score)
        + (point.interval ? " (" + interval(point.interval) + ")" : "")
        + between + percent(point.cost) + " of the " + (model.data.ofLayers ? "layer" : metric(model.goal).name);
}

/** Cost and error of each layer, in graph order. */
function depth(model, id) {
    const { layers } = model;
    const costly = layers.filter(layer => layer.costs[id]);
    const alone = layers.filter(layer => layer.error !== undefined);
    const inside = layers.filter(layer => layer.outputError !== undefined);
    const after = costly.some(layer => layer.costs[id].length > 1);
    const errors = alone.length + inside.length > 0;
    const legend = [{ kind: after ? "bar before" : "bar after", text: after ? "before" : metric(id).name }];
    if (after) {
        legend.push({ kind: "bar after", text: "after" });
    }
    if (alone.length > 0) {
        legend.push({ kind: "alone", text: errorName(model) });
    }
    if (inside.length > 0) {
        legend.push({ kind: "inside", text: "error in the network, measured" });
    }
    return figure({
        title: metric(id).name + (errors ? " and errors" : "") + ", layer by layer in graph order",
        description: `${layers.length} layers. The same figures are in the table of layers.`,
        height: errors ? 360 : 220,
        legend,
        draw: ({ root, width, height }) => {
            const box = { left: 78, right: width - 20, top: 24, bottom: errors ? 172 : height - 40 };
            const lower = { ...box, top: 222, bottom: height - 40 };
            const room = (box.right - box.left) / layers.length;
            const at = layer => box.left + (layer.index + 0.5) * room;
            const most = Math.max(...costly.map(layer => Math.max(...layer.costs[id])), 1);
            const y = linear(0, most * 1.02, box.bottom, box.top);
            axes({ root, y, box, yText: metric(id).format, yName: metric(id).name });
            const wide = Math.max(1, Math.min(36, room * 0.78));
            const bar = (kind, layer, amount) => svg("rect", {
                class: "bar " + kind,
                x: (at(layer) - wide / 2).toFixed(1),
                y: y(amount).toFixed(1),
                width: wide.toFixed(1),
                height: (box.bottom - y(amount)).toFixed(1),
            });
            for (const layer of costly) {
                const [before, now] = layer.costs[id];
                root.append(bar(after ? "before" : "after", layer, before));
                if (now !== undefined) {
                    root.append(bar("after", layer, now));
                }
            }
            const last = errors ? lower : box;
            const numbers = linear(0.5, layers.length + 0.5, box.left, box.right);
            const whole = numbers.ticks(width < 480 ? 5 : 12).filter(tick => tick >= 1 && Number.isInteger(tick));
            whole.forEach(tick => root.append(svg(
                "text", { class: "tick", x: numbers(tick), y: last.bottom + 16, "text-anchor": "middle" }, String(tick))));
            root.append(svg("text", { class: "name", x: last.right, y: last.bottom + 33, "text-anchor": "end" }, "layer"));
            let height2;
            if (errors) {
                const highest = Math.max(...layers.map(layer => Math.max(layer.error || 0, layer.outputError || 0)));
                height2 = linear(0, highest * 1.08 || 1, lower.bottom, lower.top);
                axes({ root, y: height2, box: lower, yText: small, yName: "relative error", yTicks: 3 });
                root.append(svg("path", {
                    class: "line inside",
                    d: path(inside.map(layer => [at(layer), height2(layer.outputError)])),
                }));
                const radius = Math.max(1.5, Math.min(4.5, room / 2));
                alone.forEach(layer => root.append(
                    svg("circle", { class: "alone", cx: at(layer), cy: height2(layer.error), r: radius })));
                inside.forEach(layer => root.append(
                    svg("circle", { class: "inside", cx: at(layer), cy: height2(layer.outputError), r: radius })));
            }
            return layers.map(layer => {
                const error = layer.outputError === undefined ? layer.error : layer.outputError;
                return {
                    x: at(layer),
                    y: height2 && error !== undefined ? height2(error) : layer.costs[id] ? y(layer.costs[id][0]) : box.bottom,
                    column: true,
                    href: "layer-" + (layer.index + 1),
                    text: layerText(layer, id),
                };
            });
        },
    });
}

/** Of outputs where inputs were known, else of the weight; a comparison does not say. */
function errorName(model) {
    const ofWeight = model.data.format === "wsvd-stats" && !model.source.calibration;
    return ofWeight ? "error of the weight, predicted" : "error alone, predicted";
}

function layerText(layer, id) {
    const lines = [layer.name, layer.said];
    const cost = layer.costs[id];
    if (cost) {
        const format = metric(id).format;
        lines.push(cost.length > 1 && cost[0] !== cost[1] ? `${format(cost[0])} → ${format(cost[1])}` : format(cost[0]));
    }
    if (layer.error !== undefined) {
        lines.push("error alone " + small(layer.error));
    }
    if (layer.outputError !== undefined) {
        lines.push("error in the network " + small(layer.outputError));
    }
    return lines.join("\n");
}

/** Score or loss of a layer against what is left of its cost, a line per form. */
function sensitivity(layer, model, of, title) {
    const some = layer.candidates.filter(candidate => candidate[of] !== undefined && candidate.before > 0);
    const forms = [...new Set(some.map(candidate => candidate.unfolding))];
    const chosen = some.filter(candidate => isChosen(layer, candidate));
    const values = some.map(candidate => candidate[of]);
    const positive = values.filter(value => value > 0);
    const log = of === "loss" && positive.length > 0 && Math.max(...positive) > 50 * Math.min(...positive);
    const legend = forms.map((form, index) => ({ kind: "line form" + (index % 6), text: form }));
    if (chosen.length > 0) {
        legend.push({ kind: "diamond", text: "chosen" });
    }
    return figure({
        title,
        description: some.map(candidate => candidateText(candidate, of, ", ")).join("; ") + ".",
        height: 260,
        legend,
        draw: ({ root, width, height }) => {
            const box = { left: 64, right: width - 24, top: 24, bottom: height - 42 };
            const shares = some.map(candidate => candidate.after / candidate.before);
            const x = linear(0, Math.max(...shares, 1), box.left, box.right);
            const y = log
                ? logarithmic(Math.min(...positive) / 1.5, Math.max(...positive) * 1.5, box.bottom, box.top)
                : linear(...(of === "score" ? range(values, 0.08) : [0, Math.max(...values) * 1.08 || 1]), box.bottom, box.top);
            axes({
                root, x, y, box,
                xText: value => Math.round(100 * value) + "\u202f%",
                yText: log ? value => value.toExponential(0) : small,
                xName: "what is left of the " + metric(model.goal).name,
                yName: { score: "score", loss: "predicted loss", error: "relative error" }[of],
                xTicks: 5,
            });
            const placed = some.map(candidate => ({
                candidate,
                x: x(candidate.after / candidate.before),
                y: y(candidate[of]),
                text: candidateText(candidate, of, "\n") + (isChosen(layer, candidate) ? "\nchosen" : ""),
            }));
            forms.forEach((form, index) => {
                const own = placed.filter(mark => mark.candidate.unfolding === form);
                root.append(svg("path", { class: "line form" + (index % 6), d: path(own.map(mark => [mark.x, mark.y])) }));
                own.forEach(mark => root.append(
                    svg("circle", { class: "point form" + (index % 6), cx: mark.x, cy: mark.y, r: 2.5 })));
            });
            placed.filter(mark => isChosen(layer, mark.candidate))
                .forEach(mark => root.append(shape("diamond", mark.x, mark.y)));
            return placed;
        },
    });
}

function candidateText(candidate, of, between) {
    return candidateName(candidate) + between + of + " " + (of === "score" ? scoreText(candidate.score) : small(candidate[of]))
        + between + percent(candidate.after / candidate.before) + " of the cost";
}

/** The share of energy that ranks keep, of the weight and of the outputs. */
function spectrum(layer, model) {
    const lines = energies(layer, model);
    const form = lines[0].form;
    const rank = layer.unfolding === form ? layer.rank : undefined;
    const legend = lines.map(line => ({ kind: "line " + line.kind, text: line.name }));
    if (rank !== undefined) {
        legend.push({ kind: "line target", text: "chosen rank " + rank });
    }
    return figure({
        title: "Energy that a rank keeps, " + form,
        description: lines.map(line => line.name + ": " + line.points
            .map(([r, energy]) => "rank " + r + " " + percent(energy)).join(", ")).join("; ") + ".",
        height: 240,
        legend,
        draw: ({ root, width, height }) => {
            const box = { left: 58, right: width - 24, top: 24, bottom: height - 42 };
            const x = linear(0, Math.max(...lines.flatMap(line => line.points.map(([r]) => r))), box.left, box.right);
            const y = linear(0, 1, box.bottom, box.top);
            axes({
                root, x, y, box,
                xText: String,
                yText: value => Math.round(100 * value) + "\u202f%",
                xName: "rank",
                yName: "share of energy",
            });
            if (rank !== undefined) {
                root.append(svg("path", { class: "line target", d: `M${x(rank)},${box.top}V${box.bottom}` }));
            }
            lines.forEach(line => root.append(svg("path", {
                class: "line " + line.kind,
                d: path(line.points.map(([r, energy]) => [x(r), y(energy)])),
            })));
            return lines.flatMap(line => line.points.map(([r, energy]) => ({
                x: x(r), y: y(energy), text: "rank " + r + "\n" + line.name + " " + percent(energy),
            })));
        },
    });
}

/** Of outputs where errors are of outputs, which they are where there was calibration. */
function energies(layer, model) {
    const lines = [];
    const own = layer.spectrum;
    if (own) {
        lines.push({ kind: "weight", name: "of the weight", form: own.unfolding, points: [[0, 0], ...own.ranks.map((r, i) => [r, own.energy[i]])] });
    }
    if (model.source.calibration || !own) {
        const form = own ? own.unfolding : layer.unfolding;
        const points = (layer.candidates || [])
            .filter(candidate => candidate.unfolding === form && candidate.rank !== undefined && candidate.error !== undefined)
            .map(candidate => [candidate.rank, 1 - candidate.error ** 2]);
        if (points.length > 1) {
            const outputs = model.source.calibration !== undefined;
            lines.push({ kind: outputs ? "outputs" : "weight", name: outputs ? "of the outputs" : "of the weight", form, points });
        }
    }
    return lines;
}
