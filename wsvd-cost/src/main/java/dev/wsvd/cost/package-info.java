/** Every cost model, and what whole plans cost. */
package dev.wsvd.cost;
