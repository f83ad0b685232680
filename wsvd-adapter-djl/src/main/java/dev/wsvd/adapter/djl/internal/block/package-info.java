/** Block trees: finding the layers in them, and putting two layers where one was. */
package dev.wsvd.adapter.djl.internal.block;
