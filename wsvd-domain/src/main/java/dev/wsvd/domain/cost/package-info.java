/** What costs are counted in. */
package dev.wsvd.domain.cost;
