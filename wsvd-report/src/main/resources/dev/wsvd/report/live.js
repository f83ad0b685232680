"use strict";

// The page of a run that goes on: what is told of it is drawn as it comes, and its report at last.
served = true;

const ENDS = {
    done: "The run is done, and this is its report. It is served no more: the page stays until it is closed or loaded again. Save it to keep it.",
    stopped: "The run was stopped.",
    failed: "The run ended without a result; what wsvd printed says why.",
};
const LOST = "Connection lost: wsvd has ended or cannot be reached. This is the last that was heard.";

const bar = el("progress", { max: 1, "aria-label": "Share of the run that is over" });
const doing = el("p", { class: "doing" }, "Waiting for wsvd …");
const last = el("p", { class: "last" });
const said = el("p", { class: "said", role: "status" });
const actions = el("div", { class: "actions" });
let status = {};
let waitingFigures;

/** A report so far: what stands in it of the model after the run is not known yet. */
function soFar(data) {
    const metrics = [...new Set(["mac", "memory", "bytes", data.metric])].filter(id => data[id]);
    const before = (json, of) => Object.fromEntries(metrics.filter(id => json[id]).map(id => [id, of(json[id])]));
    const scored = data.layers.some(layer => scores(layer.candidates).length > 0);
    return {
        ...data,
        ...before(data, total => ({ before: total.before })),
        format: "wsvd-progress",
        score: data.score && { ...data.score, compressed: undefined },
        layers: data.layers.map(layer => ({
            ...layer,
            ...before(layer, amounts => [amounts[0]]),
            scored: scored ? scoreRange(scores(layer.candidates)) : "",
        })),
    };
}

/** The scores of another run, which do not say what the model costs: candidates cost a share of their layer. */
function ofScores(data) {
    return {
        format: "wsvd-progress",
        ofLayers: true,
        score: { ...data.evaluator, baseline: data.baseline, name: data.evaluator ? data.evaluator.name : "score" },
        provenance: {
            model: data.model && data.model.name,
            modelSha256: data.model && data.model.sha256,
            evaluator: data.evaluator,
        },
        layers: Object.entries(data.layers).map(([name, candidates]) => ({
            name,
            candidates: candidates.map(candidate => ({ ...candidate, before: 1, after: candidate.ratio })),
            scored: scoreRange(scores(candidates)),
        })),
    };
}

function scores(candidates) {
    return (candidates || []).filter(candidate => candidate.score !== undefined).map(candidate => candidate.score);
}

function scoreRange(some) {
    return some.length === 0 ? "no score"
        : count(some.length, "score", "scores") + ", " + scoreText(Math.min(...some))
            + (some.length > 1 ? " … " + scoreText(Math.max(...some)) : "");
}

/** Draws figures without taking away from under a reader what is being read. */
function redraw(data) {
    const place = placeOf(document.activeElement);
    const scrolled = boxes().map(box => [box.getAttribute("aria-label"), box.scrollLeft, box.scrollTop]);
    const open = Array.from(document.querySelectorAll("details[open]"), details => details.parentElement.closest("[id]").id);
    const [x, y] = [scrollX, scrollY];
    drawReport(data, model !== undefined);
    document.querySelectorAll("details").forEach(details => (details.open = open.includes(details.parentElement.closest("[id]").id)));
    renderCharts();
    for (const [label, left, top] of scrolled) {
        boxes().filter(box => box.getAttribute("aria-label") === label).forEach(box => box.scrollTo(left, top));
    }
    const element = place && elementAt(place);
    if (element) {
        element.focus({ preventScroll: true });
        if (place.caret !== null) {
            element.setSelectionRange(place.caret, place.caret);
        }
    }
    scrollTo(x, y);
}

function boxes() {
    return Array.from(document.querySelectorAll(".scroll"));
}

/** Where an element stands in the section, or panel, that is drawn again. */
function placeOf(element) {
    const host = element.closest("section, #layer");
    if (!host || host === element || host.id === "live") {
        return undefined;
    }
    const path = [];
    for (let at = element; at !== host; at = at.parentElement) {
        path.unshift(Array.from(at.parentElement.children).indexOf(at));
    }
    return { id: host.id, path, tag: element.tagName, caret: element.type === "search" ? element.selectionStart : null };
}

function elementAt({ id, path, tag }) {
    const found = path.reduce((at, index) => at && at.children[index], document.getElementById(id));
    return found && found.tagName === tag ? found : undefined;
}

/** While a chart is pointed at, new figures wait. */
function figures(data) {
    waitingFigures = data;
    if (document.getElementById("tip").hidden) {
        waitingFigures = undefined;
        redraw(data);
    }
}

setInterval(() => waitingFigures && figures(waitingFigures), 500);

function showStatus(now) {
    status = now;
    bar.hidden = now.share === undefined;
    bar.value = now.share || 0;
    doing.textContent = (now.share === undefined ? "" : Math.floor(100 * now.share) + "\u202f%"
        + (now.left === undefined ? "" : ", " + seconds(Math.max(1, Math.round(now.left))).replace(".0", "") + " left") + ": ")
        + now.doing;
    last.textContent = now.last ? "Last: " + now.last.name + " scores " + scoreText(now.last.score) : "";
    if (now.kept !== undefined && actions.childElementCount === 0) {
        offerStop();
    }
    if (now.end !== undefined) {
        source.close();
        say(ENDS[now.end] + (now.end === "stopped" ? " " + now.kept : ""));
        bar.hidden = doing.hidden = last.hidden = true;
        actions.replaceChildren();
    }
}

function say(text) {
    if (said.textContent !== text) {
        said.textContent = text;
    }
}

function offerStop(focused) {
    const button = el("button", { type: "button", click: askStop }, "Stop the run");
    actions.replaceChildren(button);
    if (focused) {
        button.focus();
    }
}

function askStop() {
    const goOn = el("button", { type: "button", click: () => offerStop(true) }, "Let it go on");
    actions.replaceChildren(
        el("span", {}, "Stop it? " + status.kept),
        el("button", { type: "button", class: "stop", click: stopRun }, "Stop it now"),
        goOn);
    goOn.focus();
}

function stopRun() {
    actions.replaceChildren(el("span", {}, "Stopping …"));
    fetch("stop", { method: "POST" }).catch(() => {
        if (status.end === undefined) {
            say(LOST);
        }
    });
}

document.body.prepend(el("section", { id: "live", "aria-label": "Run" }, el("div", {}, bar, doing, actions), last, said));
document.title = "wsvd";

const source = new EventSource("events");
source.addEventListener("open", () => say(""));
source.addEventListener("error", () => say(LOST));
source.addEventListener("status", event => showStatus(JSON.parse(event.data)));
source.addEventListener("draft", event => figures(soFar(JSON.parse(event.data))));
source.addEventListener("scores", event => figures(ofScores(JSON.parse(event.data))));
source.addEventListener("report", event => figures(JSON.parse(event.data)));
