/** Models in folders: DJL's file of parameters with the plan that rebuilds the blocks beside it. */
package dev.wsvd.adapter.djl.internal.file;
