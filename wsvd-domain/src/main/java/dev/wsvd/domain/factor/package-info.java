/** How a layer's weight becomes two smaller weights. */
package dev.wsvd.domain.factor;
