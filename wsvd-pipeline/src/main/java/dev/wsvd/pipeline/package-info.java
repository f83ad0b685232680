/** The use cases: open a model, decide about every layer, replace those that the plan changes, report. */
package dev.wsvd.pipeline;
