/** Every file wsvd reads or writes besides models: scores, plans and stats. */
package dev.wsvd.json;
