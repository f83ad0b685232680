/** A disk that fails, to see that what is written to it is never half there: {@link dev.wsvd.testkit.disk.EveryFault}. */
package dev.wsvd.testkit.disk;
