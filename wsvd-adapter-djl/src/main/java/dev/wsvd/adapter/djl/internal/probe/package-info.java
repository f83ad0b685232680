/** Watching a block tree run once, to learn what its layers are given and whether they can be replaced. */
package dev.wsvd.adapter.djl.internal.probe;
