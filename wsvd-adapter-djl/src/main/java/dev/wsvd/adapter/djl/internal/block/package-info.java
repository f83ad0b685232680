/** Block trees: finding the layers in them, and putting stages where one was. */
package dev.wsvd.adapter.djl.internal.block;
