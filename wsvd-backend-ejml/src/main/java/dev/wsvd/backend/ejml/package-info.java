/** Linear algebra in pure Java: EJML's eigensolver and multithreaded, cache-blocked products. */
package dev.wsvd.backend.ejml;
