/** What a model's layers are, by shapes alone, and how their weights are read. */
package dev.wsvd.domain.layer;
