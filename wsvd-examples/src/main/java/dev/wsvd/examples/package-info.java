/** The programs that the README shows. */
package dev.wsvd.examples;
