/** Watching a block tree run, to learn what its layers are given and give, and whether they can be replaced. */
package dev.wsvd.adapter.djl.internal.probe;
