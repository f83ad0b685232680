/** The contracts of the ports as JUnit classes to extend, and what they run on. */
package dev.wsvd.testkit;
