/** The port to linear algebra and the values that cross it. */
package dev.wsvd.domain.linalg;
