"use strict";

// What the charts need of each kind of JSON. A figure that is not there stays undefined: it was not measured.

/** Amounts before and after, if both are known. */
function pair(value) {
    return Array.isArray(value) ? value : value === undefined ? undefined : [value];
}

function layerOf(json, index, metrics) {
    const costs = {};
    metrics.forEach(id => (costs[id] = pair(json[id])));
    const changed = json.decision === "split" || metrics.some(id => costs[id] && costs[id].length > 1 && costs[id][0] !== costs[id][1]);
    return {
        ...json,
        index,
        costs,
        weight: json.weight || json.weightShape,
        changed,
        said: decision(json, changed),
    };
}

/** What became of a layer, and why; of a run that goes on, what is known of it. */
function decision(json, changed) {
    if (json.scored !== undefined) {
        return json.scored;
    }
    if (json.decision === "split") {
        return json.unfolding ? json.size + ", " + json.unfolding : "changed";
    }
    if (json.splittable !== undefined) {
        return json.splittable
            ? "can be split" + (json.maxRank ? ", up to rank " + json.maxRank : "")
            : "stays: " + json.reason;
    }
    return json.reason ? json.reason : changed ? "stored in another type" : "as it was";
}

function modelOf(data) {
    const totals = data.total || (data.format === "wsvd-pareto" ? data.trials[0] : data);
    const metrics = ["mac", "memory", "bytes"].filter(id => totals[id] !== undefined);
    if (data.metric && totals[data.metric] !== undefined && !metrics.includes(data.metric)) {
        metrics.push(data.metric);
    }
    const layers = (data.layers || []).map((json, index) => layerOf(json, index, metrics));
    return {
        data,
        metrics,
        goal: data.metric || "mac",
        layers,
        changed: layers.filter(layer => layer.changed).length,
        points: pointsOf(data),
        source: data.provenance || {},
    };
}

/** Networks with a score and a cost, that of the changed layer alone in scores: those tried on the way, the original and the result. */
function pointsOf(data) {
    const id = data.metric || "mac";
    const curved = data.format === "wsvd-pareto";
    const before = data.ofLayers ? 1 : curved ? data.trials[0][id] : data[id] && data[id].before;
    if (!before) {
        return [];
    }
    const points = (data.trials || []).filter(trial => trial.score !== undefined).map(trial => ({
        kind: curved && trial === data.trials[0] ? "square" : "trial",
        name: trial.name,
        cost: trial[id] / before,
        score: trial.score,
        interval: trial.interval,
    }));
    (data.layers || []).forEach(layer => (layer.candidates || []).forEach(candidate => {
        if (candidate.score !== undefined) {
            points.push({
                kind: "dot",
                name: "only " + layer.name + ", " + candidateName(candidate),
                cost: 1 - (candidate.before - candidate.after) / before,
                score: candidate.score,
            });
        }
    }));
    const score = data.score || {};
    if (score.baseline !== undefined) {
        points.push({ kind: "square", name: "original", cost: 1, score: score.baseline, interval: score.baselineInterval });
    }
    if (score.compressed !== undefined) {
        points.push({
            kind: "diamond",
            name: "this result",
            cost: data[id].after / before,
            score: score.compressed,
            interval: score.compressedInterval,
        });
    }
    return points;
}

function candidateName(candidate) {
    return candidate.unfolding + " " + ranks(candidate);
}

function ranks(candidate) {
    return candidate.rank !== undefined ? "rank " + candidate.rank : "ranks " + candidate.ranks.join(", ");
}

function isChosen(layer, candidate) {
    return layer.unfolding === candidate.unfolding
        && String(layer.rank || layer.ranks) === String(candidate.rank || candidate.ranks);
}
