/** MAC and memory cost of a layer and of every way to split it. */
package dev.wsvd.cost;
