/** What a compression did, figure by figure. */
package dev.wsvd.domain.stats;
