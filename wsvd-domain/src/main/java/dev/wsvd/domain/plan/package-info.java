/** What is done to layers: choices, the plan that has one decision per layer, and what then stands in a layer's place. */
package dev.wsvd.domain.plan;
