/** What is known of the inputs that layers really see. */
package dev.wsvd.domain.moments;
