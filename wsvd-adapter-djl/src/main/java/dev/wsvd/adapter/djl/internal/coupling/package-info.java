/** What layers of a block tree share: the channels between them, if nothing but channel-wise work stands there. */
package dev.wsvd.adapter.djl.internal.coupling;
