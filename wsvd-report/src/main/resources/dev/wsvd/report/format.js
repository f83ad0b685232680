"use strict";

// Numbers as the reports in text have them: three significant digits and a unit, in powers of 1000.
const PREFIXES = ["", "k", "M", "G", "T", "P"];

function significant(value) {
    return value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : value >= 0.9995 ? 2 : 3);
}

function scaled(value, unit) {
    let prefix = 0;
    let small = value;
    while (small >= 999.5 && prefix < PREFIXES.length - 1) {
        small /= 1000;
        prefix++;
    }
    return ((prefix === 0 ? String(value) : significant(small)) + "\u202f" + PREFIXES[prefix] + unit).trimEnd();
}

const METRICS = {
    mac: { name: "MACs", format: value => scaled(value, "MAC") },
    memory: { name: "parameters of layers", format: value => scaled(value, "") },
    bytes: { name: "bytes of layers", format: value => scaled(value, "B") },
    latency: { name: "predicted time", format: value => millis(value) },
};

/** One that only an own cost model knows. */
function metric(id) {
    return METRICS[id] || { name: id, format: value => scaled(value, "") };
}

function millis(ns) {
    return significant(ns / 1e6) + "\u202fms";
}

function ratio(value) {
    return value.toFixed(3);
}

function percent(share) {
    return (100 * share).toFixed(1) + "\u202f%";
}

function scoreText(value) {
    return value.toFixed(4).replace("-", "\u2212");
}

function interval(ends) {
    return scoreText(ends[0]) + " … " + scoreText(ends[1]);
}

/** Three digits of any size: 0.0123, 4.5e-7. */
function small(value) {
    return value === 0 ? "0" : Math.abs(value) >= 0.001 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

function seconds(value) {
    if (value < 60) {
        return value.toFixed(1) + "\u202fs";
    }
    const whole = Math.round(value);
    return Math.floor(whole / 60) + "\u202fmin " + String(whole % 60).padStart(2, "0") + "\u202fs";
}

function count(number, one, several) {
    return number + " " + (number === 1 ? one : several);
}

// Elements. Texts are only ever set as text, so that a name from a file cannot become markup.
function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (typeof value === "function") {
            element.addEventListener(name, value);
        } else if (value === true) {
            element.setAttribute(name, "");
        } else if (value !== false && value !== undefined) {
            element.setAttribute(name, value);
        }
    }
    element.append(...children.flat(Infinity).filter(child => child !== undefined && child !== false));
    return element;
}

function el(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
    return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}
